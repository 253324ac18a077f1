/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_WIRE_FRAME_H
#define PYW_WIRE_FRAME_H

/*
 * The frame codec: pure functions on bytes, no I/O, no allocation. docs/internals/WIRE.md is the specification.
 *
 *   offset 0  version  u8   PYW_WIRE_VERSION
 *          1  type     u8   pyw_frame_type
 *          2  flags    u16  meaning depends on the type, unknown bits must be 0
 *          4  length   u32  bytes of payload that follow
 *
 * Numbers are little-endian. A length over the limit of its type is malformed; the payload is not read.
 */

#include <stddef.h>
#include <stdint.h>

#include "base/result.h"

#define PYW_WIRE_VERSION 10
#define PYW_FRAME_HEADER_SIZE 8

typedef enum {
    /* httpd -> worker */
    PYW_FRAME_REQUEST = 1, /* opens a request: pyw_message_request */
    PYW_FRAME_ABORT = 2,   /* the client left, or the deadline passed: stop. Empty */
    PYW_FRAME_TOKEN = 17,  /* the memory of the connection's token travels along (pyw_token). Empty */
    PYW_FRAME_LEFT = 15,   /* the client has closed its sending side; most such clients have left. Empty */
    /* both ways */
    PYW_FRAME_DATA = 3, /* body bytes, at least one */
    PYW_FRAME_END = 4,  /* httpd: end of the request body; worker: end of the request. Empty */
    PYW_FRAME_FILE = 6, /* body bytes from a descriptor that travels along: u64 offset, u64 length */
    /* worker -> httpd */
    PYW_FRAME_HEAD = 5,    /* status and headers: pyw_message_head */
    PYW_FRAME_LOG = 7,     /* a record for the request's error log: text; flags hold the level */
    PYW_FRAME_INTERIM = 8, /* a 1xx response: as HEAD */
    PYW_FRAME_ERROR = 9,   /* u16 status of the response; after HEAD: the body is truncated. Ends the request */
    PYW_FRAME_TAKEN = 16,  /* the request has started: send the rest of its body. Empty */
    PYW_FRAME_GOAWAY = 10, /* the request was not started: use another worker. Ends the connection. Empty */
    /* httpd's parent -> manager */
    PYW_FRAME_GROUP = 32,  /* a process group: option pairs; its log descriptor travels along */
    PYW_FRAME_COMMIT = 33, /* the groups since the last COMMIT are the whole configuration: setting pairs; httpd's main
                              log travels along */
    PYW_FRAME_WORKER_LIST = 40,   /* the memory of pyw_worker_list travels along: the manager writes it. Empty */
    PYW_FRAME_LOAD = 41,          /* the memory of pyw_load travels along: the manager reads it. Empty */
    PYW_FRAME_LIVENESS_PIPE = 42, /* a pipe that httpd's children of this configuration have open: its reading end
                                travels along. Empty */
    PYW_FRAME_STORE = 43,    /* the store of the workers' log pipes for the next manager: a socket travels along, to
                                write to (flags 0) or to read from (flags 1). Empty */
    PYW_FRAME_STATS = 44,    /* the memory of pyw_group_stats_table travels along: the manager writes it. Empty */
    PYW_FRAME_JSON_LOG = 45, /* the JSON log of the next GROUP or COMMIT travels along. Empty */
    /* manager -> httpd's parent */
    PYW_FRAME_BOUND = 34,   /* the answer to COMMIT: the groups are known. Empty */
    PYW_FRAME_REFUSED = 35, /* the answer to COMMIT or COMMAND: the reason for the failure, as text */
    /* httpd's parent -> manager */
    PYW_FRAME_HANDOVER = 39, /* another manager takes over: the channel to it travels along (flags 0), or has its
                                configuration (flags 1). Empty */
    /* pywsgi -> manager */
    PYW_FRAME_COMMAND = 36, /* a command and its arguments: pairs */
    /* manager -> pywsgi */
    PYW_FRAME_ROW = 37,  /* a row of the result: pairs */
    PYW_FRAME_DONE = 38, /* the answer to COMMAND: the effect, as text */
    /* manager -> worker */
    PYW_FRAME_HERITAGE = 48,    /* the configuration of a worker: option pairs */
    PYW_FRAME_DRAIN = 50,       /* accept no more requests, finish, exit; flags: pyw_end_reason. Empty */
    PYW_FRAME_OPTIONS = 67,     /* option pairs for a running worker; options left out have their defaults */
    PYW_FRAME_SERVE = 55,       /* the answer to BROKEN: accept requests anyway. Empty */
    PYW_FRAME_CHECK_FILES = 68, /* do the files on disk differ from the loaded ones? Empty */
    PYW_FRAME_STACKS = 57,      /* write the Python stacks to the descriptor that travels along. Empty */
    PYW_FRAME_PROFILE = 71, /* sample the Python stacks: pyw_message_profile; the writing end of a pipe for the result
                            travels along */
    /* worker -> manager */
    PYW_FRAME_READY = 51,  /* the applications are loaded. Empty */
    PYW_FRAME_BROKEN = 52, /* an application failed to load; the worker waits for SERVE. Empty */
    PYW_FRAME_STALE = 53,  /* a script changed on disk: replace me. Empty */
    PYW_FRAME_STUCK = 56,  /* Python does not respond: replace and kill me. Empty */
    PYW_FRAME_RENEW = 58,  /* the application requests my replacement. Empty */
    /* manager -> template: the process that workers are forked from */
    PYW_FRAME_FORK = 61, /* fork a worker, with the descriptors of the HAND frames before. Empty */
    PYW_FRAME_HAND = 62, /* a descriptor for the next worker travels along; flags: its number there. Empty */
    /* worker -> manager */
    PYW_FRAME_FORKED = 63,    /* first frame of a forked worker; the kernel supplies its pid. Empty */
    PYW_FRAME_OVERDUE = 64,   /* an interrupted request does not end: replace me. Empty */
    PYW_FRAME_FINISHING = 65, /* the answer to DRAIN: I start no more requests. Empty */
    PYW_FRAME_LARGE = 66,     /* memory-recycle is exceeded: measure me. Empty */
    PYW_FRAME_CHANGED = 69,   /* the answer to CHECK_FILES: a file differs; the board names it. Empty */
    PYW_FRAME_UNCHANGED = 70  /* the answer to CHECK_FILES: no file differs. Empty */
} pyw_frame_type;

enum {
    PYW_REQUEST_BODY = 1,    /* on REQUEST: DATA frames and END, or ABORT, follow */
    PYW_REQUEST_CONFIRM = 2, /* on REQUEST: send TAKEN when the request starts; the body follows after it */
    PYW_REQUEST_BATCH = 4,   /* on REQUEST: the worker's thread uses batch scheduling (pyw_batch) */
    PYW_CHECK_CODE = 1,      /* on CHECK_FILES: only files of Python code */
    PYW_HAND_MOST = 15,      /* on HAND: the highest number of a descriptor */
    PYW_DATA_LAST = 1        /* on DATA and FILE from a worker: the last bytes of the body */
};

/* Limits of payloads, in bytes. */
enum {
    PYW_LIMIT_REQUEST = 16 * 1024 * 1024,
    PYW_LIMIT_DATA = 1024 * 1024,
    PYW_LIMIT_HEAD = 512 * 1024,
    PYW_LIMIT_LOG = 8192,
    PYW_LIMIT_TEXT = 4096,
    PYW_LIMIT_OPTIONS = 4 * 1024 * 1024
};

typedef struct pyw_frame_header {
    uint8_t type;
    uint16_t flags;
    uint32_t length;
} pyw_frame_header;

void pyw_frame_header_encode(unsigned char out[PYW_FRAME_HEADER_SIZE], const pyw_frame_header *header);

/*
 * PYW_AGAIN: fewer than 8 bytes, none consumed. PYW_MALFORMED: other version, unknown type, unknown flag, length over
 * (or, for types of fixed size, other than) the type's limit.
 */
pyw_result pyw_frame_header_decode(pyw_frame_header *header, const void *bytes, size_t length);

/* Whether the peer's decoder would accept the header. The same rules apply to frames sent and received. */
int pyw_frame_header_is_valid(const pyw_frame_header *header);

/* Finds the ends of frames in a stream that arrives in pieces of any size. All zero: at the start of a frame. */
typedef struct pyw_frame_scan {
    unsigned char header[PYW_FRAME_HEADER_SIZE]; /* its first `have` bytes */
    uint32_t have;
    uint32_t skip;    /* bytes of the current payload still to skip */
    uint8_t end_type; /* of the frame that ended the request; 0: the request has not ended */
    uint8_t is_last;  /* the current or last payload ends the body */
} pyw_frame_scan;

/*
 * Scans the next bytes from a worker. PYW_AGAIN: the request continues. PYW_EOF: they contain the frame that ends it
 * (END, ERROR or GOAWAY). PYW_MALFORMED.
 */
pyw_result pyw_frame_scan_bytes(pyw_frame_scan *scan, const void *bytes, size_t length);

/* Whether a frame from a worker is the last of the body. */
int pyw_frame_ends_body(uint8_t type, uint16_t flags);

/* "REQUEST" ...; "unknown" for other numbers. */
const char *pyw_frame_type_name(unsigned type);

#endif
