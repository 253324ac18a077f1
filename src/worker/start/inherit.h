/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_WORKER_START_INHERIT_H
#define PYW_WORKER_START_INHERIT_H

/* Reads the settings of this worker: the HERITAGE frame as options, and the board. Main thread. */

#include "base/result.h"
#include "config/options/settings.h"
#include "config/options/worker_options.h"
#include "wire/channel.h"
#include "worker/heritage.h"

typedef struct pyw_inheritance {
    const char *group; /* its name */
    pyw_worker_options *options;
    pyw_settings settings;
    int slots;        /* of the board: one for each thread; none for a template */
    pyw_board *board; /* NULL: none */
    int board_fd;     /* the memory of the board, for pyw_crash; close-on-exec; -1: none */
} pyw_inheritance;

/*
 * Reads the frame from the channel, maps the board and moves its descriptor. Allocates in `pool`. A forked worker
 * releases what its template has inherited.
 */
pyw_result pyw_inherit(pyw_inheritance *inheritance, int is_template, apr_pool_t *pool, pyw_channel *channel,
                       pyw_problem *problem);

/* Takes the options of an OPTIONS frame, which a running worker applies. */
void pyw_inherit_options(pyw_inheritance *inheritance, const pyw_frame *frame);

#endif
