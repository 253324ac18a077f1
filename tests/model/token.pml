/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A request on its way through httpd's child and a worker: the token, connections that are reused, GOAWAY, retries,
 * and the deaths of workers and of httpd's child. docs/internals/MODEL.md maps the steps to functions.
 *
 * Sizes: WORKERS, THREADS of each, REQUESTS (a thread of httpd each), CONNECTIONS that exist at a time.
 * Faults: DEATHS and DRAINS of workers, CHILD_DIES, BODIES (streamed bodies), ENDLESS (applications that never return).
 */
#ifndef WORKERS
#define WORKERS 2
#endif
#ifndef THREADS
#define THREADS 1
#endif
#ifndef REQUESTS
#define REQUESTS 2
#endif
#define CONNECTIONS 2

mtype = { REQUEST, BODY_END, ABORT };    /* frames of httpd; BODY_END stands for the streamed body */
mtype = { TAKEN, END, GOAWAY };          /* frames of a worker; TAKEN stands for all before END */
mtype = { FREE, QUEUED, IDLE, BUSY, PENDING }; /* QUEUED: in the queue of the listener; else connection_state.c */
mtype = { ASKING, UNBEGUN, BEGUN };      /* relay_state.c, as far as the relay is not over */
mtype = { WAITS_TAKEN, FLOWS, DONE };    /* of the upload */

typedef connection {
    byte worker;
    bit token;
    bit is_pooled;
    bit httpd_sends, httpd_reads; /* cleared by shutdown(2) and close(2) of httpd */
    bit worker_open;
    bit event; /* epoll has one for it */
    mtype state = FREE;
}
connection connections[CONNECTIONS];
chan to_worker[CONNECTIONS] = [4] of { mtype, byte };
chan to_httpd[CONNECTIONS] = [3] of { mtype, byte };

bit is_alive[WORKERS], is_listed[WORKERS], is_listening[WORKERS], is_draining[WORKERS];
byte used[WORKERS];  /* slots */
byte ended[WORKERS]; /* threads */
bit child_is_dead;

/* The results of the requests. */
byte starts[REQUESTS];
bit is_taken_back[REQUESTS]; /* httpd took the token, and ended the request */
bit is_asked[REQUESTS];      /* REQUEST was sent, with a slot */
bit is_over[REQUESTS];       /* the client has its answer, or has left */
bit has_body[REQUESTS];

#define CONNECTION connections[c]
#define is_worker_gone(c) (!connections[c].worker_open || !is_alive[connections[c].worker])
#define is_free(i) (connections[i].state == FREE && !connections[i].worker_open && !connections[i].httpd_sends && \
                    !connections[i].httpd_reads)

inline empty_channel(channel)
{
    do
    :: channel ? _, _
    :: empty(channel) -> break
    od
}

inline raise_event(c)
{
    connections[c].event = (connections[c].state != FREE && connections[c].state != QUEUED -> 1 : connections[c].event)
}

inline forget_if_closed(c) /* the same values, whatever it was: fewer states */
{
    if
    :: is_free(c) -> connections[c].worker = 0; connections[c].token = 0
    :: else -> skip
    fi
}

inline close_worker_end(c)
{
    empty_channel(to_worker[c]);
    connections[c].worker_open = 0;
    connections[c].event = 0;
    connections[c].state = FREE;
    forget_if_closed(c)
}

inline close_httpd_end(c) /* pyw_channel_hang_up */
{
    empty_channel(to_httpd[c]);
    connections[c].httpd_sends = 0;
    connections[c].httpd_reads = 0;
    if
    :: is_alive[connections[c].worker] -> raise_event(c)
    :: else -> close_worker_end(c) /* a process that has inherited it ends some time */
    fi;
    forget_if_closed(c)
}

inline send_to_worker(c, type, number)
{
    if
    :: connections[c].worker_open -> assert(nfull(to_worker[c])); to_worker[c] ! type, number; raise_event(c)
    :: else -> skip /* EPIPE */
    fi
}

inline send_to_httpd(c, type, number)
{
    if
    :: connections[c].httpd_reads -> assert(nfull(to_httpd[c])); to_httpd[c] ! type, number
    :: else -> skip /* EPIPE */
    fi
}

inline go_away(c) /* pyw_serve_go_away */
{
    send_to_httpd(c, GOAWAY, 0);
    close_worker_end(c)
}

inline free_slot(w)
{
    assert(used[w] > 0);
    used[w]--
}

/* ------------------------------------------------------------------------------------------------ httpd's child */

/* pyw_relay_step in ASKING */
inline decide()
{
    if
    :: state == ASKING && CONNECTION.token -> CONNECTION.token = 0; state = UNBEGUN
    :: state == ASKING && !CONNECTION.token -> state = BEGUN
    :: else -> skip
    fi
}

/* pyw_connection_connect: is_fresh after a pooled connection was found closed */
inline connect()
{
    c = CONNECTIONS;
    is_pooled = 0;
    if
    :: !is_fresh && connections[0].is_pooled && connections[0].worker == w -> c = 0
    :: !is_fresh && connections[1].is_pooled && connections[1].worker == w -> c = 1
    :: else -> skip
    fi;
    if
    :: c < CONNECTIONS -> is_pooled = 1; CONNECTION.is_pooled = 0
    :: c == CONNECTIONS && is_alive[w] && is_listening[w] ->
        if
        :: is_free(0) -> c = 0
        :: !is_free(0) && is_free(1) -> c = 1
        fi;
        CONNECTION.worker = w;
        CONNECTION.token = 0;
        CONNECTION.httpd_sends = 1;
        CONNECTION.httpd_reads = 1;
        CONNECTION.worker_open = 1;
        CONNECTION.state = QUEUED
    :: else -> skip /* ECONNREFUSED */
    fi
}

#ifdef BUG_RETRY_WITHOUT_TOKEN /* no frame has arrived, so the request seems not to be begun */
#define decide_at_close() state = (state == ASKING -> UNBEGUN : state)
#else
#define decide_at_close() decide()
#endif
#ifdef BUG_DEADLINE_WITHOUT_TOKEN
#define decide_at_deadline() state = (state == ASKING -> UNBEGUN : state)
#else
#define decide_at_deadline() decide()
#endif

proctype Httpd(byte r) /* pyw_daemon_serve */
{
    byte w, c;
    bit is_fresh, is_pooled, may_give_up;
    mtype state, upload;

    {
        if
        :: may_give_up = 1 /* a client that leaves, or a deadline */
        :: skip
        fi;
#ifdef BODIES
        if
        :: has_body[r] = 1
        :: skip
        fi;
#endif
enter: /* pyw_admission_enter */
        is_fresh = 0;
        atomic {
            if
            :: is_listed[0] && used[0] < THREADS -> w = 0
            :: WORKERS > 1 && is_listed[WORKERS - 1] && used[WORKERS - 1] < THREADS -> w = WORKERS - 1
            :: !is_listed[0] && !is_listed[WORKERS - 1] -> goto over /* 503, or queue-timeout */
            fi;
            used[w]++;
again: /* relay */
            connect();
            if
            :: c == CONNECTIONS -> free_slot(w); goto enter /* pyw_admission_retry */
            :: else -> state = ASKING; upload = (has_body[r] -> WAITS_TAKEN : DONE)
            fi
        }
        atomic {
            CONNECTION.token = 1; /* pyw_relay_put_token */
            send_to_worker(c, REQUEST, r);
            is_asked[r] = 1
        }
        do
        :: atomic { to_httpd[c] ? TAKEN, _ -> decide(); assert(state == BEGUN); upload = FLOWS }
        :: atomic {
            to_httpd[c] ? END, _ -> decide();
            assert(state == BEGUN);
            is_over[r] = 1;
            is_asked[r] = 0;
            goto answered
        }
        :: atomic {
            to_httpd[c] ? GOAWAY, _ -> decide();
            assert(state == UNBEGUN);
            is_asked[r] = 0;
            close_httpd_end(c);
            free_slot(w);
            goto enter /* pyw_admission_retry */
        }
        :: atomic {
            empty(to_httpd[c]) && is_worker_gone(c) -> decide_at_close(); /* pyw_relay_worker_lost */
            is_asked[r] = 0;
            close_httpd_end(c);
            if
            :: state == UNBEGUN && is_pooled -> is_fresh = 1; goto again
            :: state == UNBEGUN && !is_pooled -> free_slot(w); goto enter
            :: state == BEGUN -> free_slot(w); goto over /* 502 */
            fi
        }
        :: atomic { upload == FLOWS -> send_to_worker(c, BODY_END, r); upload = DONE }
        :: atomic {
            may_give_up -> decide_at_deadline(); /* pyw_relay_give_up */
            is_asked[r] = 0;
            if
            :: state == UNBEGUN -> goto taken_back
            :: state == BEGUN -> goto abandoned
            fi
        }
        od;
answered: /* release_worker */
        atomic {
            if
            :: upload == DONE && (is_worker_gone(c) || !CONNECTION.httpd_sends) -> close_httpd_end(c)
            :: upload == DONE && !is_worker_gone(c) -> CONNECTION.is_pooled = 1 /* pyw_connection_release */
            :: upload == DONE -> close_httpd_end(c) /* enough of them */
#ifndef BUG_BODY_LEFT_OPEN
            :: upload != DONE -> CONNECTION.httpd_sends = 0; raise_event(c)
#else
            :: upload != DONE -> skip
#endif
            fi
        }
        atomic { free_slot(w); w = 0 } /* pyw_admission_leave */
        if
        :: skip /* the client reads the response */
        :: skip -> false /* or does not, for ever */
        fi;
        atomic {
            if
            :: upload != DONE -> close_httpd_end(c) /* pyw_connection_give_back */
            :: else -> skip
            fi;
            goto gone
        }
taken_back:
        atomic {
            is_taken_back[r] = 1;
            is_over[r] = 1;
#ifdef BUG_POOL_AFTER_TAKE_BACK
            CONNECTION.is_pooled = CONNECTION.worker_open;
#else
            close_httpd_end(c);
#endif
            free_slot(w);
            goto gone
        }
abandoned:
        atomic { send_to_worker(c, ABORT, r); is_over[r] = 1 } /* pyw_relay_send_abort */
        atomic { empty_channel(to_httpd[c]); CONNECTION.httpd_reads = 0 } /* pyw_background_abandon: refuse */
#ifndef BUG_ABANDONED_SLOT_IS_FREE
        is_worker_gone(c); /* the background thread waits */
#endif
        atomic { close_httpd_end(c); free_slot(w); goto gone } /* finish */
over:
        atomic { is_over[r] = 1; is_asked[r] = 0 }
gone:
        w = 0; c = 0; is_fresh = 0; is_pooled = 0; may_give_up = 0; state = 0; upload = 0
    } unless {
        atomic {
            child_is_dead -> is_over[r] = 1;
            is_asked[r] = 0;
            w = 0; c = 0; is_fresh = 0; is_pooled = 0; may_give_up = 0; state = 0; upload = 0
        }
    }
}

/* ------------------------------------------------------------------------------------------------------ a worker */

#define of_worker(i) (connections[i].worker == w && connections[i].worker_open)

/* pyw_connections_add: EPOLL_CTL_ADD reports what has arrived already */
inline accept(i)
{
    atomic {
        of_worker(i) && connections[i].state == QUEUED && is_listening[w] -> c = i;
        CONNECTION.state = BUSY;
        CONNECTION.event = (nempty(to_worker[c]) || !CONNECTION.httpd_sends);
        goto read
    }
}

/* take_input: if another thread owns the connection, that thread reads again */
inline take_event(i)
{
    atomic {
        of_worker(i) && connections[i].event -> c = i;
        CONNECTION.event = 0;
        if
        :: CONNECTION.state == IDLE -> CONNECTION.state = BUSY; goto read
#ifndef BUG_PENDING_IS_FORGOTTEN
        :: CONNECTION.state == BUSY || CONNECTION.state == PENDING -> CONNECTION.state = PENDING; goto wait
#endif
        :: else -> goto wait
        fi
    }
}

proctype Thread(byte w) /* thread_main of worker/serve/pool.c */
{
    byte c, r;
    bit has_answered, body_left;

    {
        skip;
wait: /* pyw_connections_wait */
        if
        :: accept(0)
        :: accept(1)
        :: take_event(0)
        :: take_event(1)
        :: is_draining[w] -> goto end /* checked before each wait, and SIGRTMIN ends the wait */
        fi;
read: /* serve_input */
        atomic {
            r = REQUESTS;
            if
            :: to_worker[c] ? REQUEST, r
            :: to_worker[c] ? ABORT, _ -> goto close /* of the previous request, which has ended */
            :: to_worker[c] ? BODY_END, _ -> assert(false)
            :: empty(to_worker[c]) && !CONNECTION.httpd_sends -> goto close /* PYW_EOF */
            :: empty(to_worker[c]) && CONNECTION.httpd_sends -> goto rest   /* PYW_AGAIN */
            fi;
#ifdef BUG_START_BEFORE_TOKEN
            starts[r]++;
            assert(starts[r] == 1 && !is_taken_back[r]);
#endif
            if /* serve_request: pyw_token_take */
            :: CONNECTION.token -> CONNECTION.token = 0
            :: else -> goto close
            fi
        }
        atomic {
            if
            :: skip
            :: !CONNECTION.httpd_sends -> goto close /* must_run */
            fi;
#ifndef BUG_START_BEFORE_TOKEN
            starts[r]++;
            assert(starts[r] == 1);
#endif
            assert(!is_taken_back[r]);
            has_answered = 0;
            body_left = has_body[r];
            if
            :: has_body[r] -> send_to_httpd(c, TAKEN, r)
            :: else -> skip
            fi
        }
        if /* the application */
        :: body_left -> goto body /* it reads wsgi.input */
        :: skip
#ifdef ENDLESS
        :: skip -> false
#endif
        fi;
respond: /* wire_finish */
        atomic {
            has_answered = 1;
            if
            :: !CONNECTION.httpd_reads -> goto close
            :: else -> send_to_httpd(c, END, r)
            fi;
            if
            :: body_left -> goto body /* pyw_wire_exchange_drain */
            :: else -> goto next
            fi
        }
body: /* next_piece */
        atomic {
            if
            :: to_worker[c] ? BODY_END, _ -> body_left = 0
            :: to_worker[c] ? ABORT, _ -> goto close
            :: empty(to_worker[c]) && !CONNECTION.httpd_sends -> goto close
            fi;
            if
            :: has_answered -> goto next
            :: else -> goto respond
            fi
        }
next: /* prepare_next_request */
        if
        :: atomic { is_draining[w] -> go_away(c); c = 0; r = 0; body_left = 0; has_answered = 0; goto wait }
        :: !is_draining[w]
        fi;
rest: /* pyw_connections_rest */
        atomic {
            if
            :: CONNECTION.state == BUSY -> CONNECTION.state = IDLE;
                c = 0; r = 0; body_left = 0; has_answered = 0;
                goto wait
            :: CONNECTION.state == PENDING -> CONNECTION.state = BUSY; goto read
            fi
        }
close: /* finish_request, pyw_connections_forget */
        atomic { close_worker_end(c); c = 0; r = 0; body_left = 0; has_answered = 0; goto wait }
end:
        ended[w]++
    } unless { atomic { !is_alive[w] -> c = 0; r = 0; has_answered = 0; body_left = 0 } }
}

inline close_end_of(i, w)
{
    if
    :: of_worker(i) -> close_worker_end(i)
    :: of_worker(i) -> skip /* a process that the worker has started holds it */
    :: else -> skip
    fi
}

inline close_all(w)
{
    is_listening[w] = 0;
    close_end_of(0, w);
    close_end_of(1, w)
}

#define drop_queued(i) atomic { if :: of_worker(i) && connections[i].state == QUEUED -> go_away(i) :: else -> skip fi }
#define drop_idle(i) atomic { of_worker(i) && connections[i].state == IDLE -> connections[i].state = BUSY }

proctype Main(byte w) /* the main thread: DRAIN arrives, or it does not */
{
    {
        if
        :: atomic { skip -> is_draining[w] = 1 } /* pyw_worker_drain */
        :: skip -> false
        fi;
        is_listening[w] = 0; /* drain_listener */
        drop_queued(0);
        drop_queued(1);
        do /* pyw_pool_kick, every KICK_MS */
        :: drop_idle(0) -> atomic { go_away(0) }
        :: drop_idle(1) -> atomic { go_away(1) }
        :: ended[w] == THREADS -> break
        od;
        atomic { is_alive[w] = 0; close_all(w) }
    } unless { !is_alive[w] }
}

proctype Manager(byte w) /* pyw_publish_write */
{
    is_draining[w] || !is_alive[w];
    is_listed[w] = 0
}

proctype Death(byte w) /* of a worker, at any step */
{
    if
    :: skip
    :: atomic { is_alive[w] -> is_alive[w] = 0; close_all(w) }
    fi
}

proctype ChildDeath()
{
    if
    :: skip
    :: atomic {
        child_is_dead = 1;
        close_httpd_end(0);
        close_httpd_end(1);
        connections[0].is_pooled = 0;
        connections[1].is_pooled = 0
    }
    fi
}

proctype Clock() /* so that a run in which all others are blocked is an endless one, which Spin checks for fairness */
{
    do
    :: skip -> skip
    od
}

hidden byte i, j;

init
{
    atomic {
        for (i : 0 .. WORKERS - 1) {
            is_alive[i] = 1;
            is_listed[i] = 1;
            is_listening[i] = 1;
            for (j : 1 .. THREADS) {
                run Thread(i)
            }
        }
        for (i : 0 .. REQUESTS - 1) {
            run Httpd(i)
        }
#ifdef DEATHS
        run Death(0);
#endif
#ifdef DRAINS
        run Main(0);
#endif
#ifdef CHILD_DIES
        run ChildDeath();
#endif
#ifdef FAIR
        run Clock();
#endif
        run Manager(0)
    }
}

#define begins(r) (is_asked[r] -> <> (!is_asked[r] || starts[r] > 0))

/* Each request ends, and gives its slot back. */
ltl ends { <> (is_over[0] && is_over[REQUESTS - 1] && used[0] == 0 && used[WORKERS - 1] == 0) }

/* A request with a slot does not wait for another one. */
ltl starts_soon { [] begins(0) && [] begins(REQUESTS - 1) }
