/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_HTTPD_BACKEND_RELAY_STATE_H
#define PYW_HTTPD_BACKEND_RELAY_STATE_H

/*
 * The states of a request that is relayed to a worker, and of the body on its way there: the next state for each event,
 * and whose fault an illegal event is. docs/internals/WIRE.md, "From a worker", is the specification. Pure functions.
 */

/* Instead of a next state. */
enum {
    PYW_RELAY_OUR_BUG = -2,
    PYW_RELAY_PEERS_FAULT = -1 /* the worker broke the protocol */
};

typedef enum {
    PYW_RELAY_ASKING,    /* REQUEST is sent; the token decides who owns the request */
    PYW_RELAY_UNBEGUN,   /* httpd has taken the token: the worker has not begun the request, and never will */
    PYW_RELAY_BEGUN,     /* the worker has taken the token */
    PYW_RELAY_ANSWERING, /* HEAD has arrived */
    PYW_RELAY_ANSWERED,  /* the last bytes of the body have arrived, END has not */
    /* The relay is over: */
    PYW_RELAY_DONE,       /* the worker has ended the request, or has exited */
    PYW_RELAY_ABANDONED,  /* httpd has ended the request, but the worker is still busy with it */
    PYW_RELAY_TAKEN_BACK, /* httpd has ended the request before the worker began it */
    PYW_RELAY_CLOSED,     /* the worker closed the connection before it began the request */
    PYW_RELAY_GOAWAY,     /* the worker takes no more requests, and did not begin this one */
    PYW_RELAY_STATES
} pyw_relay_state;

typedef enum {
    PYW_RELAY_ON_TOKEN,      /* httpd took the token */
    PYW_RELAY_ON_TOKEN_GONE, /* ... or found that the worker had taken it */
    PYW_RELAY_ON_TAKEN,      /* frames of the worker */
    PYW_RELAY_ON_LOG,
    PYW_RELAY_ON_CONTINUE, /* INTERIM with status 100 */
    PYW_RELAY_ON_INTERIM,  /* ... with any other status */
    PYW_RELAY_ON_HEAD,
    PYW_RELAY_ON_BODY, /* DATA or FILE */
    PYW_RELAY_ON_LAST, /* ... with the last bytes of the body */
    PYW_RELAY_ON_END,
    PYW_RELAY_ON_ERROR,
    PYW_RELAY_ON_GOAWAY,
    PYW_RELAY_ON_CLOSED, /* the worker's connection ended */
    PYW_RELAY_ON_BROKEN, /* the worker sent something illegal */
    PYW_RELAY_ON_CLIENT_LEFT,
    PYW_RELAY_ON_DEADLINE,    /* request-timeout */
    PYW_RELAY_ON_SILENCE,     /* socket-timeout */
    PYW_RELAY_ON_LONG_HEADER, /* header-buffer-size */
    PYW_RELAY_ON_BODY_FAILED, /* the client did not send the whole request body */
    PYW_RELAY_EVENTS
} pyw_relay_event;

typedef enum {
    PYW_UPLOAD_WAITS_BOTH,     /* waits for TAKEN and for 100 Continue */
    PYW_UPLOAD_WAITS_TAKEN,    /* waits for TAKEN, because a worker that does not begin the request discards the body */
    PYW_UPLOAD_WAITS_CONTINUE, /* waits for 100 Continue: the client sends no body before the application reads */
    PYW_UPLOAD_FLOWS,
    PYW_UPLOAD_FULL, /* the worker's socket takes nothing now */
    /* No more of the body is sent: */
    PYW_UPLOAD_DONE, /* END is sent, or the worker takes no more */
    PYW_UPLOAD_LEFT, /* ... and the client has closed its sending side, which LEFT tells the worker */
    PYW_UPLOAD_STATES
} pyw_upload_state;

typedef enum {
    PYW_UPLOAD_ON_TAKEN,
    PYW_UPLOAD_ON_CONTINUE,
    PYW_UPLOAD_ON_FULL,
    PYW_UPLOAD_ON_WRITABLE,
    PYW_UPLOAD_ON_END,     /* the whole body is sent */
    PYW_UPLOAD_ON_REFUSED, /* the worker does not read any more */
    PYW_UPLOAD_ON_LEFT,    /* the client has closed its sending side */
    PYW_UPLOAD_EVENTS
} pyw_upload_event;

/* The next state, PYW_RELAY_PEERS_FAULT or PYW_RELAY_OUR_BUG. */
int pyw_relay_next(pyw_relay_state state, pyw_relay_event event);
int pyw_upload_next(pyw_upload_state state, pyw_upload_event event);

int pyw_relay_is_over(pyw_relay_state state);

/* For the log: "ASKING", "HEAD" ...; `state` may be PYW_RELAY_PEERS_FAULT or PYW_RELAY_OUR_BUG. */
const char *pyw_relay_state_name(int state);
const char *pyw_relay_event_name(pyw_relay_event event);
const char *pyw_upload_state_name(int state);
const char *pyw_upload_event_name(pyw_upload_event event);

#endif
