/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_COMMAND_EXIT_STATUS_H
#define PYW_COMMAND_EXIT_STATUS_H

/* The exit statuses of pywsgi (docs/reference/commands.md). */
enum {
    PYW_COMMAND_DONE = 0,
    PYW_COMMAND_REFUSED = 1, /* the manager refused, or new code failed to load */
    PYW_COMMAND_USAGE = 2,
    PYW_COMMAND_NO_MANAGER = 3, /* no manager runs, or the user may not control it */
    PYW_COMMAND_IMPAIRED = 4,   /* status: a group is not (yet) served by all its workers */
    PYW_COMMAND_FAILING = 5     /* status: requests for a group get 500 or 503 */
};

#endif
