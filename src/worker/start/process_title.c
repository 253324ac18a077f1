/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/start/process_title.h"

#include <string.h>

static const char template_role[] = "--template";
static const char worker_role[] = "--worker";

static struct {
    char *role; /* NULL: the arguments contain no role */
    char *group;
    size_t group_size; /* including its NUL */
} arguments;

void pyw_process_title_begin(int argc, char **argv)
{
    if (argc == 2) {
        memset(argv[1], 0, strlen(argv[1]));
    }
    else if (argc == 3 && argv[2] == argv[1] + strlen(argv[1]) + 1) {
        arguments.role = argv[1];
        arguments.group = argv[2];
        arguments.group_size = strlen(argv[2]) + 1;
    }
}

/* "worker" is shorter than "template": move the group's name forward, and fill the rest with NULs. */
void pyw_process_title_become_worker(void)
{
    const size_t freed = sizeof(template_role) - sizeof(worker_role);

    if (arguments.role == NULL || memcmp(arguments.role, template_role, sizeof(template_role)) != 0) {
        return;
    }
    memcpy(arguments.role, worker_role, sizeof(worker_role));
    memmove(arguments.group - freed, arguments.group, arguments.group_size);
    memset(arguments.group - freed + arguments.group_size, 0, freed);
}
