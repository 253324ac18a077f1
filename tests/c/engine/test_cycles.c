/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_cycles engine.so tests/c/engine: starts Python, serves from several threads and interpreters, and stops, in many
 * processes, a few at a time. None may crash, hang, or log anything while it ends.
 */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine_host.h"

enum { CYCLES = 50, AT_ONCE = 5, THREADS = 2, ROUNDS = 3, SECONDS_MOST = 60 };

static void *work(void *data)
{
    int *failures = data;

    for (int round = 0; round < ROUNDS; round++) {
        *failures += !host_is_answered(host_script("background.wsgi", ""), "/", "background");
        *failures += !host_is_answered(host_script("app.wsgi", "other"), "/hello", "Hello World!\n");
    }
    host_engine->thread_end();
    return NULL;
}

static int live(const char *engine, const char *tests)
{
    pthread_t threads[THREADS];
    int failures[THREADS] = {0};
    int all = 0;

    alarm(SECONDS_MOST); /* reports a hang by a signal */
    host_start(engine, tests, 1, 0);
    for (int i = 0; i < THREADS; i++) {
        pthread_create(&threads[i], NULL, work, &failures[i]);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        all += failures[i];
    }
    host_log_clear();
    host_engine->stop(0, 0, "shutdown_signal");
    if (strcmp(host_log(), "") != 0) {
        fprintf(stderr, "at the end: %s", host_log());
        all++;
    }
    return all != 0;
}

static int is_failure(pid_t pid)
{
    int status = 0;

    if (pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0) {
        return 0;
    }
    fprintf(stderr, "pid %ld: %s %d\n", (long)pid, WIFSIGNALED(status) ? "signal" : "status",
            WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
    return 1;
}

/* Returns the number of failures. */
static int run_batch(const char *engine, const char *tests)
{
    pid_t pids[AT_ONCE];
    int failures = 0;

    for (int i = 0; i < AT_ONCE; i++) {
        pids[i] = fork();
        if (pids[i] == 0) {
            _exit(live(engine, tests));
        }
    }
    for (int i = 0; i < AT_ONCE; i++) {
        failures += is_failure(pids[i]);
    }
    return failures;
}

int main(int argc, char **argv)
{
    int failures = 0;

    if (argc != 3) {
        fprintf(stderr, "usage: test_cycles engine.so tests/c/engine\n");
        return 2;
    }
    for (int done = 0; done < CYCLES; done += AT_ONCE) {
        failures += run_batch(argv[1], argv[2]);
    }
    printf("%d starts and stops, %d failures\n", CYCLES, failures);
    return failures != 0;
}
