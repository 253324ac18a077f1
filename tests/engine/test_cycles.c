/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_cycles engine.so tests/engine: Python is started, serves from several threads and interpreters, and is stopped,
 * in one process after the other; none may crash, hang, or say anything while it ends.
 */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine_host.h"

enum { CYCLES = 50, THREADS = 2, ROUNDS = 3, SECONDS_MOST = 20 };

static int serve(pyw_application *application, const char *path, const char *content)
{
    memory_exchange got;
    int good;

    host_get(&got, application, path);
    good = got.outcome == PYW_DONE && strcmp(memory_content(&got), content) == 0;
    memory_exchange_free(&got);
    return good;
}

static void *work(void *data)
{
    int *failures = data;

    for (int round = 0; round < ROUNDS; round++) {
        *failures += !serve(host_script("background.wsgi", ""), "/", "background");
        *failures += !serve(host_script("app.wsgi", "other"), "/hello", "Hello World!\n");
    }
    host_engine->thread_end();
    return NULL;
}

static int live(const char *engine, const char *tests)
{
    pthread_t threads[THREADS];
    int failures[THREADS] = {0};
    int all = 0;

    alarm(SECONDS_MOST);
    host_start(engine, tests, 1, 0);
    for (int i = 0; i < THREADS; i++) {
        pthread_create(&threads[i], NULL, work, &failures[i]);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        all += failures[i];
    }
    host_log_clear();
    host_engine->stop(0);
    if (strcmp(host_log(), "") != 0) {
        fprintf(stderr, "at the end: %s", host_log());
        all++;
    }
    return all != 0;
}

static int describe(int cycle, int status)
{
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
        return 0;
    }
    fprintf(stderr, "cycle %d of %d: %s %d\n", cycle, CYCLES, WIFSIGNALED(status) ? "signal" : "status",
            WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
    return 1;
}

int main(int argc, char **argv)
{
    int failures = 0;

    if (argc != 3) {
        fprintf(stderr, "usage: test_cycles engine.so tests/engine\n");
        return 2;
    }
    for (int cycle = 1; cycle <= CYCLES; cycle++) {
        pid_t pid = fork();
        int status = 0;

        if (pid == 0) {
            _exit(live(argv[1], argv[2]));
        }
        waitpid(pid, &status, 0);
        failures += describe(cycle, status);
    }
    printf("%d starts and stops, %d failures\n", CYCLES, failures);
    return failures != 0;
}
