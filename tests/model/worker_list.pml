/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The worker list of a group in shared memory (shm/worker_list): a manager writes it, and may die at any step; the next
 * manager writes again; a table of httpd's children follows it (follow_worker_list in httpd/queue/slots_table).
 * docs/internals/MODEL.md maps the steps to functions.
 */
#define ATTEMPTS 2 /* READ_ATTEMPTS */

/* pyw_worker_list_group. Two members stand for the status and the workers; a write gives both the same value. */
byte sequence, state, workers;

/* pyw_slots */
byte table_sequence = 1, table_workers;

bit is_killed;

inline write(value) /* pyw_worker_list_write */
{
    copy = sequence | 1;
#ifndef BUG_WRITE_WITHOUT_SEQUENCE
    sequence = copy;
#endif
    state = value;
    workers = value;
    sequence = copy + 1
}

proctype Manager()
{
    byte copy;

    {
        write(1);
        write(2)
    } unless { is_killed }
    atomic { copy = 0; run NextManager() }
}

proctype Death() /* of the manager, at any step, or after all */
{
    is_killed = 1
}

proctype NextManager()
{
    byte copy;

    write(3)
}

proctype Table()
{
    byte before, attempt, read_state, read_workers;

    do
    :: sequence != table_sequence -> /* follow_worker_list */
        attempt = 0;
        do /* pyw_worker_list_read */
        :: attempt < ATTEMPTS ->
            attempt++;
            before = sequence;
            if
            :: before & 1
            :: else ->
                read_state = state;
                read_workers = workers;
                if
                :: sequence == before -> break
                :: else
                fi
            fi
        :: else ->
            read_state = 0;
            read_workers = 0;
#ifdef BUG_SEQUENCE_OF_ANOTHER_LIST
            before = sequence;
#endif
            break
        od;
        assert(read_state == read_workers);
        atomic { table_sequence = before; table_workers = read_workers; before = 0; read_state = 0; read_workers = 0 }
    od
}

proctype Clock() /* so that a run in which all others are blocked is an endless one, which Spin checks for fairness */
{
    do
    :: skip -> skip
    od
}

init
{
    atomic { run Manager(); run Death(); run Table(); run Clock() }
}

/* The table has the last list, for ever. */
ltl follows { <> [] (table_workers == 3) }
