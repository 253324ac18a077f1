/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_WSGI_ENGINE_H
#define PYW_WSGI_ENGINE_H

/*
 * What a host (an httpd child, a pywsgid worker, a test) needs from Python: the seam between a process and its engine.
 * An engine is a shared object of its own, one per Python version, opened with dlopen(RTLD_NOW | RTLD_GLOBAL); it
 * exports one symbol, pyw_engine_entry. One engine per process, started at most once. Knows neither httpd.h nor
 * Python.h.
 */

#include <stddef.h>
#include <sys/types.h>

#include "base/log.h"
#include "base/result.h"
#include "wsgi/exchange.h"

/* Counted up whenever anything in the two seam headers changes its meaning or layout. */
#define PYW_ENGINE_ABI 10u
#define PYW_ENGINE_ENTRY "pyw_engine_entry"

typedef struct pyw_application pyw_application;

/* What the process is. All of it must stay valid until stop() has returned. */
typedef struct pyw_engine_host {
    /* The process's own log, for records that belong to no request. As pyw_log_sink. */
    pyw_log_sink *log;
    void *log_baton;
    pyw_log_level log_threshold;
    const char *process_group;      /* "" in embedded mode */
    const char *python_home;        /* a prefix or a virtual environment; NULL: the Python the engine was built with */
    const char *const *python_path; /* NULL-terminated, may be NULL: directories for site.addsitedir, in this order */
    int threads;                    /* how many threads may call run() at the same time */
    int multiprocess;               /* wsgi.multiprocess */
    int is_daemon;                  /* the process is ours: its locale and the like may be set to our taste */
    int is_template;                /* it serves nothing: it loads applications and forks those that do */
    int interrupts;                 /* the thread of a request that is out of time is interrupted */
    int interrupt_timeout_ms;       /* how long it may take to end then; 0: for ever */
    /*
     * A request runs on although it was interrupted: overdue() of the engine counts them. Any thread, must not block.
     * NULL: nothing can be done about it.
     */
    void (*overdue)(void *baton);
    void *overdue_baton;
    /*
     * In a process that an application has just forked, which is no host any more: closes what belongs to the host,
     * the connections of all requests above all. The only thread may be any. NULL: there is nothing to close.
     */
    void (*forked)(void);
    /* As log, with log_baton, for records of such a process: it must not block, and takes no lock. NULL: as log. */
    pyw_log_sink *log_forked;
} pyw_engine_host;

typedef enum {
    PYW_TARGET_SCRIPT = 0, /* `target` is the absolute path of a file to execute */
    PYW_TARGET_MODULE = 1  /* `target` is a dotted name to import */
} pyw_target_kind;

/* Which application, and where it lives. Strings are NUL-terminated and copied by application(). */
typedef struct pyw_application_spec {
    pyw_target_kind kind;
    const char *target;
    const char *callable; /* "application", "a.b", "create_app()": attribute path, with "()" a factory; "": none, the
                             script is there to be executed, and run() is not for it */
    const char *group;    /* the resolved application group; "" is the main interpreter */
    int group_is_default; /* nobody chose the group: the first such group of the process gets main */
    int reloading;        /* WSGIScriptReloading On: see changed() */
} pyw_application_spec;

typedef struct pyw_engine {
    unsigned abi;               /* PYW_ENGINE_ABI of the build; a host refuses any other number */
    const char *python_version; /* "3.11.2": of the libpython in use */
    const char *python_series;  /* "3.11": of the headers that the engine was compiled with */

    /*
     * Initialises Python. Call once, on the thread that will call stop(); it returns without the GIL. On failure
     * `problem` says what is wrong with which directory or file, and the process should not try again.
     */
    pyw_result (*start)(const pyw_engine_host *host, pyw_problem *problem);

    /*
     * Finds or registers an application. Any thread; takes no GIL, imports nothing. The same spec gives the same
     * pointer, valid until stop(). NULL: out of memory.
     */
    pyw_application *(*application)(const pyw_application_spec *spec);

    /*
     * Imports the application if that has not been done. Any thread; others that want it wait. PYW_FAILED: the
     * traceback is in the process's log. A failed import is tried again by load() or run() after 1, 2, 4 ... 30 s.
     * In a template an application outside of the main interpreter is not loaded (other interpreters do not survive a
     * fork), which is no failure: the new process loads it.
     */
    pyw_result (*load)(pyw_application *application);

    /*
     * Serves one request: imports the application if need be, calls it, and calls finish() exactly once on every
     * path. Any thread that was not made by Python, several at a time. Returns when close() of the iterable has
     * been called and finish() has returned.
     */
    void (*run)(pyw_application *application, pyw_exchange *exchange);

    /*
     * Has the script of a loaded application with `reloading` changed on disk (mtime, size or inode) since it was
     * loaded? One stat(2), no GIL. In embedded mode run() looks by itself and executes the script again; a worker
     * asks, and lets itself be replaced. In a template one whose script did not load counts as well.
     */
    int (*changed)(pyw_application *application);

    /* A thread that called run() or load() ends: frees what Python keeps for it. Call it on that thread. */
    void (*thread_end)(void);

    /*
     * Writes the Python stacks of all threads to `fd` without taking the GIL. Async-signal-safe enough for a watchdog.
     */
    void (*dump_stacks)(int fd);

    /*
     * Takes the GIL and gives it back, so that a watchdog sees whether Python responds. Any thread that was not made by
     * Python, none that serves; it ends with thread_end(), as those that call run().
     */
    void (*touch)(void);

    /* How many requests run on after interrupt-timeout. Any thread, no GIL. */
    int (*overdue)(void);

    /*
     * Runs the exit functions of all interpreters and finalises Python. No thread may be inside run() or load(); if
     * one may be, pass `busy` != 0: then nothing of Python is touched, and the caller should leave by _exit().
     * `threads_ms`: how long threads that the applications have started, and that are no daemons, may take to end; 0:
     * any time. The log names those that take longer, with their stacks, and Python is not finalised.
     */
    void (*stop)(int busy, int threads_ms);

    /*
     * A template has loaded its applications and starts to fork: collects garbage, keeps what is left out of the
     * collector's way, so that it stays shared with the processes to come, and names in a warning the threads that a
     * fork leaves behind. On the thread that called start().
     */
    void (*settle)(void);

    /*
     * Forks a template, with what Python and the applications want to do before and after it. `fork_process` does what
     * fork(2) does and returns as it does. In the new process, which is no template any more, load() runs what was
     * registered with pywsgi.after_fork. On the thread that called start(); in the new process that is the main one.
     */
    pid_t (*fork)(pid_t (*fork_process)(void));

    /*
     * Executes scripts one after the other, as the program that the process is for, in the main interpreter. On the
     * thread that called start(), which is the process's main thread; until it is over. PYW_OK: it was told to stop;
     * PYW_EOF: it came to its end; PYW_FAILED: it raised. The last two are in the process's log.
     */
    pyw_result (*run_program)(pyw_application *const *scripts, int count);

    /* The new value of log_threshold. Any thread, no GIL. */
    void (*set_log_threshold)(pyw_log_level threshold);

    /* Raises SystemExit in the program, once, even if it waits for something. Any thread; SIGTERM is used for it. */
    void (*stop_program)(void);

    /*
     * Why the application is not loaded: the last line of the traceback of the last try, cut to fit; "" if it is. The
     * text is the application's and may be anything. Any thread, no GIL.
     */
    void (*load_problem)(pyw_application *application, char *text, size_t size);
} pyw_engine;

typedef const pyw_engine *pyw_engine_entry_fn(void);

#endif
