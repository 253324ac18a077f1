/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_WORKER_START_INHERIT_H
#define PYW_WORKER_START_INHERIT_H

/* What the manager said this worker is to be: the HERITAGE frame as options, and the board. Main thread. */

#include "base/result.h"
#include "config/options/settings.h"
#include "config/options/worker_options.h"
#include "wire/channel.h"
#include "worker/heritage.h"

typedef struct pyw_inheritance {
    const char *group; /* its name */
    pyw_worker_options *options;
    pyw_settings settings;
    int slots;        /* of the board: one for each thread, of a template none */
    pyw_board *board; /* NULL: there is none */
    int board_fd;     /* its memory, for pyw_crash; close-on-exec; -1: there is none */
} pyw_inheritance;

/*
 * Reads the frame from the channel, maps the board and moves its descriptor away. All in `pool`. A forked worker gives
 * up what its template had inherited.
 */
pyw_result pyw_inherit(pyw_inheritance *inheritance, int is_template, apr_pool_t *pool, pyw_channel *channel,
                       pyw_problem *problem);

/* An OPTIONS frame: the options that a running worker takes. */
void pyw_inherit_options(pyw_inheritance *inheritance, const pyw_frame *frame);

#endif
