/* SPDX-License-Identifier: Apache-2.0 */
/*
 * engine_cost engine.so tests/cost N PATH: serves N requests from memory, so that valgrind can count the instructions.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../engine/engine_host.h"

int main(int argc, char **argv)
{
    memory_exchange exchange;
    pyw_application *application;

    if (argc != 5) {
        fprintf(stderr, "usage: engine_cost engine.so tests/cost N PATH\n");
        return 2;
    }
    host_start(argv[1], argv[2], 1, 0);
    application = host_script("cost.wsgi", "");
    for (int i = 0; i < atoi(argv[3]); i++) {
        host_get(&exchange, application, argv[4]);
        if (exchange.status != 200 || strcmp(memory_content(&exchange), "Hello, world!") != 0) {
            fprintf(stderr, "%s", host_log());
            return 1;
        }
        memory_exchange_free(&exchange);
    }
    return 0;
}
