/* SPDX-License-Identifier: Apache-2.0 */
/*
 * engine_cost engine.so tests/cost N PATH: serves requests from memory. callgrind counts the instructions of the last N
 * of them, but not those of the start of Python and the first requests.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../engine/engine_host.h"

#if __has_include(<valgrind/callgrind.h>)
#include <valgrind/callgrind.h>
#else
#define CALLGRIND_START_INSTRUMENTATION (void)0
#define CALLGRIND_STOP_INSTRUMENTATION (void)0
#endif

enum { UNCOUNTED = 200 };

/* 0: the application did not answer. */
static int serve(pyw_application *application, const char *path, int count)
{
    memory_exchange exchange;

    for (int i = 0; i < count; i++) {
        host_get(&exchange, application, path);
        if (exchange.status != 200 || strcmp(memory_content(&exchange), "Hello, world!") != 0) {
            return 0;
        }
        memory_exchange_free(&exchange);
    }
    return 1;
}

int main(int argc, char **argv)
{
    pyw_application *application;
    int is_served;

    if (argc != 5) {
        fprintf(stderr, "usage: engine_cost engine.so tests/cost N PATH\n");
        return 2;
    }
    host_start(argv[1], argv[2], 1, 0);
    application = host_script("cost.wsgi", "");
    is_served = serve(application, argv[4], UNCOUNTED);
    CALLGRIND_START_INSTRUMENTATION;
    is_served = is_served && serve(application, argv[4], atoi(argv[3]));
    CALLGRIND_STOP_INSTRUMENTATION;
    if (!is_served) {
        fprintf(stderr, "%s", host_log());
    }
    return !is_served;
}
