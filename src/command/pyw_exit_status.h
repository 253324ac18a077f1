/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_EXIT_STATUS_H
#define PYW_EXIT_STATUS_H

/* The exit statuses of pywsgid's commands (docs/commands.md). */
enum {
    PYW_COMMAND_DONE = 0,
    PYW_COMMAND_REFUSED = 1, /* the manager says no, or new code did not load */
    PYW_COMMAND_USAGE = 2,
    PYW_COMMAND_NOBODY = 3,   /* no manager runs, or none that may be asked */
    PYW_COMMAND_IMPAIRED = 4, /* status: a group is not served by all its workers, or not yet */
    PYW_COMMAND_FAILING = 5   /* status: requests for a group get 500 or 503 */
};

#endif
