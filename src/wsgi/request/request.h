/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_WSGI_REQUEST_REQUEST_H
#define PYW_WSGI_REQUEST_REQUEST_H

/*
 * One request inside the adapter. Lives on the stack of pyw_adapter_run; the objects that the application gets point to
 * it until it is over, and to nothing afterwards. All members belong to whoever holds the GIL.
 *
 * The application may hand wsgi.input to a thread of its own, but an exchange is for one thread at a time: every call
 * of an exchange operation is between pyw_request_enter and pyw_request_leave.
 */

#include "python/python.h"

#include <pthread.h>

#include "base/log.h"
#include "python/process/interpreter.h"
#include "wsgi/deadline/monitored.h"
#include "wsgi/ending.h"
#include "wsgi/response/flusher.h"

struct pyw_adapter_state;

/* The part of a request that is pyw_outgoing's; guarded by the carrier from the time when `is_shared` is set. */
typedef struct pyw_outgoing {
    pyw_flusher_entry entry;
    int is_shared;    /* the flusher knows of it, or did; belongs to whoever holds the GIL */
    int is_last;      /* no byte follows those that are coalesced */
    int head_sent;    /* the exchange has the head ... */
    int last_sent;    /* ... and knows that no more bytes come */
    pyw_result fault; /* of the exchange */
} pyw_outgoing;

typedef struct pyw_request {
    struct pyw_adapter_state *state;
    pyw_interpreter *interpreter; /* that it runs in, if it is monitored */
    pyw_exchange *exchange;
    pyw_ending *ending;
    pthread_mutex_t carrier; /* held around exchange operations; never waited for with the GIL */
    int users;               /* threads that gave up the GIL inside an operation; guarded by the GIL */

    const char *method;
    uint32_t method_length;
    const char *uri; /* REQUEST_URI */
    uint32_t uri_length;
    int has_request_length;
    uint64_t request_length; /* CONTENT_LENGTH */

    int started;        /* start_response was called, the head is in the ending */
    int head_sent;      /* ... and cannot be changed any more */
    int bodiless;       /* HEAD, 204, 304: no body byte is sent */
    int has_length;     /* the head has a Content-Length ... */
    uint64_t length;    /* ... namely this */
    uint64_t sent;      /* body bytes handed to the exchange or coalesced */
    int gathering;      /* body bytes go to the ending, not to the exchange */
    int overrun;        /* more bytes than Content-Length: said once */
    int64_t client_due; /* milliseconds: when to look at the client of an application that sends nothing */
    int failed_write;   /* the exchange took no more: the client is gone, or too slow */
    int failed_read;    /* the exchange had no more of a body that is not complete */
    pyw_outgoing outgoing;
    pyw_monitored monitored;
} pyw_request;

/* GIL held. */
void pyw_request_init(pyw_request *request, struct pyw_adapter_state *state, pyw_exchange *exchange,
                      pyw_ending *ending);

/* GIL held; given up until no other thread is inside an operation. No object may point to the request any more. */
void pyw_request_clear(pyw_request *request);

/*
 * After code of the application has run: if this process was forked by it, it is not the process that answers, and ends
 * here (pyw_forked_check). GIL held.
 */
void pyw_request_check_process(pyw_request *request);

int pyw_request_is_head(const pyw_request *request);

/*
 * Gives up the GIL and takes the carrier; returns what pyw_request_leave needs to undo it. A process that was forked by
 * the application ends here, and in pyw_request_lock.
 */
PyThreadState *pyw_request_enter(pyw_request *request);
void pyw_request_leave(pyw_request *request, PyThreadState *thread);

/* Takes the carrier without waiting and without giving up the GIL. 0: another thread, or process, has it. */
int pyw_request_try(pyw_request *request);

/* Takes the carrier; the GIL is held before and after, and given up if another thread has the carrier. */
void pyw_request_lock(pyw_request *request);

/* The carrier is kept meanwhile: it may be held while one waits for the GIL, and not the other way round. */
PyThreadState *pyw_request_give_up_gil(pyw_request *request);
void pyw_request_take_gil(pyw_request *request, PyThreadState *thread);

/* Gives the carrier back. */
void pyw_request_done(pyw_request *request);

/* One record in the request's log. GIL held; given up if the log would block. */
void pyw_request_log(pyw_request *request, pyw_log_level level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void pyw_request_log_line(pyw_request *request, pyw_log_level level, const char *text, size_t length);

/*
 * Logs `what` and the traceback of the current exception, which is cleared. To be called while this thread's records go
 * to the request (python/record.h). `what` begins with its tag, behind which method and URI are put.
 */
void pyw_request_log_exception(pyw_request *request, pyw_log_level level, const char *what);

/* PYWNO(0123) "text" becomes "PYW0123: GET /uri: text". */
void pyw_request_describe(const pyw_request *request, char *text, size_t size, const char *what);

#endif
