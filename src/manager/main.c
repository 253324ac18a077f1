/* SPDX-License-Identifier: Apache-2.0 */
/* pywsgid: the process manager and its workers, which httpd starts. */
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>

#include "base/version.h"
#include "manager/loop.h"
#include "wire/frame.h"
#include "worker/heritage.h"

enum { USAGE = 2 };

int main(int argc, char **argv)
{
    prctl(PR_SET_NAME,
          PYW_HERITAGE_WORKER_NAME); /* otherwise it would be "exe", because it was executed through /proc/self/exe */
    if (argc >= 2 && strcmp(argv[1], "--worker") == 0) {
        return pyw_worker_main(0, argc, argv);
    }
    if (argc >= 2 && strcmp(argv[1], "--template") == 0) {
        return pyw_worker_main(1, argc, argv);
    }
    if (argc == 2 && strcmp(argv[1], "--check") == 0) {
        return pyw_worker_check_main();
    }
    if (argc == 2 && strcmp(argv[1], "--manager") == 0) {
        return pyw_manager_main(0);
    }
    if (argc == 3 && strcmp(argv[1], "--manager") == 0 && strcmp(argv[2], "--successor") == 0) {
        return pyw_manager_main(1);
    }
    if (argc == 2 && strcmp(argv[1], "--version") == 0) {
        printf("pywsgid %s (wire protocol %d)\n", PYW_VERSION, PYW_WIRE_VERSION);
        return 0;
    }
    fputs(
        "pywsgid: httpd starts this program itself. The commands status, reload, restart, stop, start and stacks are\n"
        "verbs of the program pywsgi: pywsgi --help\n",
        stderr);
    return USAGE;
}
