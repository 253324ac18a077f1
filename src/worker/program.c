/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/program.h"

#include <string.h>

#include "base/log.h"
#include "base/os/thread.h"

typedef struct server {
    int (*run_commands)(void *baton);
    void *baton;
    int status;
} server;

static void *commands_main(void *data)
{
    server *self = data;

    self->status = self->run_commands(self->baton);
    return NULL;
}

/* The main thread must receive the signals, because they interrupt the program there. */
static int start_commands(pthread_t *thread, server *self)
{
    int error = pyw_thread_start(thread, commands_main, self);

    if (error != 0) {
        pyw_log(PYW_LOG_CRIT, PYWNO(0451) "the program is not started, because no thread can be created: %s",
                strerror(error));
    }
    return error == 0;
}

int pyw_program_main(pyw_program *program, int (*run_commands)(void *baton), void *baton, void (*wake)(void))
{
    server self = {run_commands, baton, -1};
    pthread_t thread;

    if (!start_commands(&thread, &self)) {
        return -1;
    }
    program->result = program->engine->run_program(program->scripts, program->count);
    program->is_over = 1;
    wake();
    pthread_join(thread, NULL);
    return self.status;
}
