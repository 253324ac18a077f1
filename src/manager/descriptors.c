/* SPDX-License-Identifier: Apache-2.0 */
#include "manager/descriptors.h"

#include <sys/resource.h>

static struct {
    int is_raised;
    struct rlimit original;
} files;

void pyw_descriptors_raise(void)
{
    struct rlimit raised;

    if (getrlimit(RLIMIT_NOFILE, &files.original) != 0) {
        return;
    }
    raised = files.original;
    raised.rlim_cur = raised.rlim_max;
    files.is_raised = setrlimit(RLIMIT_NOFILE, &raised) == 0;
}

void pyw_descriptors_restore(void)
{
    if (files.is_raised) {
        setrlimit(RLIMIT_NOFILE, &files.original);
    }
}
