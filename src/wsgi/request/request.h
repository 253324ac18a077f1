/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_WSGI_REQUEST_REQUEST_H
#define PYW_WSGI_REQUEST_REQUEST_H

/*
 * A request inside the adapter. It is on the stack of pyw_adapter_run. The objects of the application point to it until
 * it ends. The GIL guards all members.
 *
 * The application may use wsgi.input on its own threads, but an exchange serves one thread at a time. Therefore every
 * call of an exchange operation is enclosed by pyw_request_enter and pyw_request_leave.
 */

#include "python/python.h"

#include <pthread.h>
#include <sys/queue.h>

#include "base/log.h"
#include "python/process/interpreter.h"
#include "wsgi/deadline/monitored.h"
#include "wsgi/ending.h"
#include "wsgi/request/measured.h"
#include "wsgi/response/flusher.h"

struct pyw_adapter_state;

/*
 * The outgoing bytes of a request (wsgi/response/outgoing.h). Once `is_shared` is set, the carrier guards the members.
 */
typedef struct pyw_outgoing {
    pyw_flusher_entry entry;
    int is_shared;    /* the flusher has or had the entry; guarded by the GIL */
    int is_last;      /* the coalesced bytes are the end of the body */
    int head_sent;    /* the head was passed to the exchange ... */
    int last_sent;    /* ... and so was the end of the body */
    pyw_result fault; /* first error of the exchange */
} pyw_outgoing;

typedef struct pyw_request {
    struct pyw_adapter_state *state;
    pyw_interpreter *interpreter; /* the request's interpreter, if it is monitored */
    pyw_exchange *exchange;
    pyw_ending *ending;
    pthread_mutex_t carrier; /* held during exchange operations; never waited for with the GIL */
    PyObject *capsule;       /* environ["apache.request_rec"]; NULL: it has none */
    int users;               /* threads that released the GIL inside an operation; guarded by the GIL */

    const char *method;
    uint32_t method_length;
    const char *uri; /* REQUEST_URI */
    uint32_t uri_length;
    int has_request_length;
    uint64_t request_length; /* CONTENT_LENGTH */

    int started;        /* start_response was called, the head is in the ending */
    int head_sent;      /* ... and cannot change any more */
    int bodiless;       /* HEAD, 204, 304: no body bytes are sent */
    int has_length;     /* the head has a Content-Length ... */
    uint64_t length;    /* ... with this value */
    uint64_t sent;      /* body bytes passed to the exchange or coalesced */
    int coalescing;     /* body bytes are added to the ending instead of being sent */
    int overrun;        /* the application exceeded Content-Length, which was logged */
    int64_t client_due; /* milliseconds: when to check the client of an application that sends nothing */
    int failed_write;   /* the exchange accepts no more bytes: the client has left, or is too slow */
    int failed_read;    /* the exchange cannot provide the rest of the request body */
    int failed_here;    /* ... or accepts no more bytes, for a reason that is not the client's */
    pyw_outgoing outgoing;
    pyw_monitored monitored;

    struct pyw_running *running;  /* the list of its interpreter's requests ... */
    LIST_ENTRY(pyw_request) next; /* ... and its link in that list */
    int thread;                   /* the number of its thread, from 1 on */
    uint32_t thread_requests;     /* the number of requests that its thread began before ... */
    uint32_t total_requests;      /* ... and all threads of the process */
    PyObject *data;               /* the dict of pywsgi.request_data(); NULL: not called yet */
    pyw_measured measured;
} pyw_request;

/* The caller holds the GIL. */
void pyw_request_init(pyw_request *request, struct pyw_adapter_state *state, pyw_exchange *exchange,
                      pyw_ending *ending);

/*
 * The caller holds the GIL, which is released until no other thread is inside an operation. No object may point to the
 * request any more.
 */
void pyw_request_clear(pyw_request *request);

/*
 * Ends this process if the application forked it (pyw_forked_check). Call this after code of the application has run.
 * The caller holds the GIL.
 */
void pyw_request_check_process(pyw_request *request);

int pyw_request_is_head(const pyw_request *request);

/*
 * Releases the GIL and takes the carrier. Returns the argument of pyw_request_leave. A process that the application
 * forked ends here, and in pyw_request_lock.
 */
PyThreadState *pyw_request_enter(pyw_request *request);
void pyw_request_leave(pyw_request *request, PyThreadState *thread);

/* Takes the carrier without waiting and without releasing the GIL. 0: another thread, or process, has it. */
int pyw_request_try(pyw_request *request);

/* Takes the carrier. The GIL is held before and after, and released if another thread has the carrier. */
void pyw_request_lock(pyw_request *request);

/*
 * Releases the GIL and keeps the carrier. A thread may wait for the GIL with the carrier, but not the other way round.
 */
PyThreadState *pyw_request_give_up_gil(pyw_request *request);
void pyw_request_take_gil(pyw_request *request, PyThreadState *thread);

/* Releases the carrier. */
void pyw_request_done(pyw_request *request);

/* Writes a record to the request's log. The caller holds the GIL, which is released if the log would block. */
void pyw_request_log(pyw_request *request, pyw_log_level level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void pyw_request_log_line(pyw_request *request, pyw_log_level level, const char *text, size_t length);

/*
 * Logs `what` and the traceback of the current exception, which is cleared. The records of this thread must go to the
 * request (python/record.h). `what` begins with its tag; method and URI are inserted after it.
 */
void pyw_request_log_exception(pyw_request *request, pyw_log_level level, const char *what);

/* PYWNO(0123) "text" becomes "PYW0123: GET /uri: text". */
void pyw_request_describe(const pyw_request *request, char *text, size_t size, const char *what);

#endif
