/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The queue and the slots of a group (httpd/queue/slots, slots_table): requests of different children of httpd share the
 * table, workers start, drain and exit, the group sleeps, and children die at any step, also with the lock.
 * docs/internals/MODEL.md maps the steps to functions.
 */
#ifndef REQUESTS
#define REQUESTS 3
#endif
#ifndef WORKERS
#define WORKERS 2 /* of one thread */
#endif
#define NONE 255

mtype = {FREE, WAITING, RUNNING, ORPHANED}

typedef Ticket {
    mtype state = FREE;
    byte worker;
    bit granted
}

/* pyw_slots. The order of the queue is that of the tickets. */
Ticket tickets[REQUESTS];
byte running[WORKERS];
bit known[WORKERS]; /* the worker is listed, as far as the table knows */
byte holder = NONE; /* of the lock */

/* The worker list and the load, which the manager and the children share, and the liveness pipe. */
bit listed[WORKERS];
byte load_waiting;
bit woken;

bit dead[REQUESTS]; /* the child with this request */
bit wants[REQUESTS]; /* the lock */
bit done[REQUESTS];
bit is_settled; /* the workers do not change any more */

inline recover() /* recover_dead_owners, and drop_orphans after its time */
{
#ifndef BUG_SLOTS_OF_THE_DEAD
    i = 0;
    do
    :: i < REQUESTS ->
        if
        :: dead[i] && tickets[i].state == WAITING -> tickets[i].state = FREE
        :: dead[i] && tickets[i].state == RUNNING -> tickets[i].state = ORPHANED
        :: tickets[i].state == ORPHANED -> d_step { running[tickets[i].worker]--; tickets[i].state = FREE }
        :: else
        fi;
        i++
    :: else -> break
    od
#else
    skip
#endif
}

inline make_consistent()
{
    d_step {
        i = 0;
        do
        :: i < WORKERS ->
#ifndef BUG_COUNTS_ARE_BELIEVED
            running[i] = 0;
#endif
            i++
        :: else -> break
        od;
        i = 0;
        do
        :: i < REQUESTS ->
            if
            :: tickets[i].state == RUNNING || tickets[i].state == ORPHANED ->
#ifndef BUG_COUNTS_ARE_BELIEVED
                running[tickets[i].worker]++;
#endif
#ifndef BUG_WAKE_IS_LOST
                tickets[i].granted = 1
#endif
            :: else
            fi;
            i++
        :: else -> break
        od
    }
}

/* Requests look at the queue from time to time only, so they do not keep others from the lock. */
#define WANTS(r) (wants[r] && !dead[r])
#define MAY_LOOK (!WANTS(0) && !WANTS(1) && !WANTS(REQUESTS - 1))

inline lock() /* pyw_slots_lock, follow_worker_list */
{
    wants[me] = 1;
    atomic {
        (holder == NONE || dead[holder]) ->
        wants[me] = 0;
        if
        :: holder == NONE -> holder = me
        :: else -> holder = me; make_consistent()
        fi;
        i = 0;
        do
        :: i < WORKERS -> known[i] = listed[i]; i++
        :: else -> i = 0; break
        od
    }
}

inline unlock()
{
    holder = NONE
}

inline find_free_worker() /* w: the worker, or WORKERS */
{
    d_step {
        w = 0;
        do
        :: w < WORKERS && !(known[w] && running[w] == 0) -> w++
        :: else -> break
        od
    }
}

inline grant(index)
{
    tickets[index].worker = w;
    tickets[index].state = RUNNING;
    running[w]++;
    assert(running[w] <= 1)
}

inline pump() /* pyw_slots_pump */
{
    n = 0;
    do
    :: n < REQUESTS ->
        find_free_worker();
        if
        :: w == WORKERS -> break
        :: w < WORKERS && tickets[n].state == WAITING ->
            grant(n);
            tickets[n].granted = 1 /* wake_ticket */
        :: else
        fi;
        n++
    :: else -> break
    od;
    publish()
}

inline publish() /* pyw_slots_publish */
{
    d_step {
        n = 0;
        load_waiting = 0;
        do
        :: n < REQUESTS ->
            if
            :: tickets[n].state == WAITING -> load_waiting++
            :: else
            fi;
            n++
        :: else -> n = 0; break
        od
    }
}

inline enter() /* pyw_slots_enter, pyw_slots_wait */
{
#ifdef BUG_WAKES_ONCE
    woken = woken || !listed[0];
#endif
    lock();
    pump();
    tickets[me].granted = 0;
    find_free_worker();
    if
    :: w < WORKERS -> grant(me); unlock()
    :: else ->
        tickets[me].state = WAITING;
        publish();
        unlock();
        do
        :: tickets[me].granted -> break
#ifndef NO_POLL
        :: !tickets[me].granted && MAY_LOOK ->
#ifndef BUG_WAKES_ONCE
            woken = woken || !listed[0]; /* pyw_liveness_pipe_wake_manager */
#endif
            lock(); /* maintain_queue */
            recover();
            pump();
            unlock()
#endif
        od
    fi
}

inline leave() /* pyw_slots_leave */
{
    lock();
    tickets[me].state = FREE;
    running[tickets[me].worker]--;
#ifndef BUG_LEAVE_WITHOUT_PUMP
    pump();
#endif
    unlock()
}

proctype Request(byte me)
{
    byte i, n, w;
    bit is_returned;

    {
        do
        :: !done[me] ->
            enter();
            is_returned = !listed[tickets[me].worker] && !is_settled; /* the worker drains */
            leave();
            done[me] = !is_returned
        :: done[me] -> break
        od
    } unless { dead[me] }
}

/* Workers start and exit. In the end there are some, or the group sleeps until a request waits. */
proctype Manager()
{
#ifdef CHANGES
    byte changes;

    do
    :: changes < CHANGES -> listed[0] = !listed[0]; changes++
    :: changes < CHANGES -> listed[WORKERS - 1] = !listed[WORKERS - 1]; changes++
    :: break
    od;
#endif
#ifdef SLEEP
    atomic { listed[0] = 0; listed[WORKERS - 1] = 0; is_settled = 1 }
    do
    :: woken -> /* pyw_liveness_pipes_look */
        woken = 0;
        if
        :: load_waiting > 0 -> break
        :: else
        fi
    od;
#endif
    atomic { listed[0] = 1; is_settled = 1 }
}

/* One child dies, at any step. */
proctype Death()
{
    if
    :: dead[0] = 1
    :: skip
    fi
}

proctype Clock() /* so that a run in which all others are blocked is an endless one, which Spin checks for fairness */
{
    do
    :: skip -> skip
    od
}

init
{
    byte i;

    atomic {
        do
        :: i < REQUESTS -> run Request(i); i++
        :: else -> break
        od;
#ifndef CHANGES
#ifndef SLEEP
        listed[0] = 1;
#endif
#endif
        run Manager();
#ifdef DEATHS
        run Death();
#endif
        run Clock()
    }
}

#define ENDED(r) (done[r] || dead[r])

/* Each request gets a slot at last. */
ltl served { <> (ENDED(0) && ENDED(1) && ENDED(REQUESTS - 1)) }
