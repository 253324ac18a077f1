/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_WSGI_ENGINE_H
#define PYW_WSGI_ENGINE_H

/*
 * The seam between a host (an httpd child, a pywsgid worker, a test) and Python. An engine is a shared object for one
 * Python version, opened with dlopen(RTLD_NOW | RTLD_GLOBAL). It exports one symbol, pyw_engine_entry. A process has
 * one engine, and starts it at most once. This header uses neither httpd.h nor Python.h.
 */

#include <stddef.h>
#include <sys/types.h>

#include "base/log.h"
#include "base/python_setting.h"
#include "base/result.h"
#include "wsgi/exchange.h"

/* Incremented when anything in the two seam headers changes its meaning or layout. */
#define PYW_ENGINE_ABI 18u
#define PYW_ENGINE_ENTRY "pyw_engine_entry"

typedef struct pyw_application pyw_application;

/* Describes the host process. All members must stay valid until stop() has returned. */
typedef struct pyw_engine_host {
    /* The process's own log, for records that belong to no request. */
    pyw_log_sink *log;
    void *log_baton;
    pyw_log_level log_threshold;
    const char *process_group; /* "" in embedded mode */
    const char *python_home;   /* a prefix or a virtual environment; NULL: the Python that the engine was built with */
    const char *home;          /* the first directory of sys.path, without its .pth files; may be NULL */
    const char *const *python_path; /* NULL-terminated, may be NULL: directories for site.addsitedir, in this order */
    int threads;                    /* how many threads may call run() at the same time */
    int processes;                  /* the maximum number of processes like this one */
    const char *httpd; /* for the module `apache`: version, MPM, its processes, its threads, build date and description
                          of httpd, separated by tabs; may be NULL */
    int multiprocess;  /* wsgi.multiprocess */
    int is_daemon;     /* the process is a worker, so the engine may set its locale */
    int is_template;   /* the process serves no requests: it loads applications and forks workers */
    int interrupts;    /* interrupt the thread of a request that has exceeded its deadline */
    int interrupt_timeout_ms; /* how long an interrupted request may continue; 0: no limit */
    /*
     * A request continues although it was interrupted; overdue() of the engine counts such requests. Any thread; must
     * not block. NULL: the host cannot end such a request.
     */
    void (*overdue)(void *baton);
    void *overdue_baton;
    /*
     * An application has failed: a request gets 500, or the application does not load. `kind` is the same number for
     * failures of the same kind (pywsgi/_failures.py), in all processes and across versions of the application's code.
     * `text` is the traceback, cut at its beginning, or a sentence. Any thread, with the GIL; must not block. NULL: the
     * host does not record failures.
     */
    void (*failed)(uint64_t kind, const char *text);
    /*
     * Runs in a process that an application has just forked. Closes the host's descriptors, in particular the
     * connections of all requests. Any thread may be the only thread. NULL: nothing to close.
     */
    void (*forked)(void);
    /*
     * Like log, with log_baton, for the records of a forked process: must not block, and takes no lock. NULL: use log.
     */
    pyw_log_sink *log_forked;
    const pyw_python_setting *python_settings; /* ends with a name of NULL; NULL: all have their defaults */
} pyw_engine_host;

typedef enum {
    PYW_TARGET_SCRIPT = 0, /* `target` is the absolute path of a file that is executed */
    PYW_TARGET_MODULE = 1  /* `target` is a dotted name that is imported */
} pyw_target_kind;

/* Identifies an application and its interpreter. The strings are NUL-terminated; application() copies them. */
typedef struct pyw_application_spec {
    pyw_target_kind kind;
    const char *target;
    const char *callable; /* "application", "a.b", "create_app()": attribute path, with "()" a factory; "": none, the
                             script is only executed, and must not be passed to run() */
    const char *group;    /* the resolved application group; "" is the main interpreter */
    int group_is_default; /* the group is not configured: the first such group of the process uses the main interpreter
                           */
    int reloading;        /* WSGIScriptReloading On: see changed() */
    int is_function;      /* `callable` is a name that the Python module pywsgi._scripts knows: it turns a function of
                             the script into an application */
} pyw_application_spec;

typedef struct pyw_engine {
    unsigned abi;               /* PYW_ENGINE_ABI of the build; a host refuses any other number */
    const char *python_version; /* "3.11.2": the libpython in use */
    const char *python_series;  /* "3.11": the headers that the engine was compiled with */

    /*
     * Initialises Python. Call it once, on the thread that will call stop(). Returns without the GIL. On failure
     * `problem` names the directory or file at fault, and the process should not try again.
     */
    pyw_result (*start)(const pyw_engine_host *host, pyw_problem *problem);

    /*
     * Finds or registers an application. Any thread; takes no GIL, imports nothing. The same spec gives the same
     * pointer, valid until stop(). NULL: out of memory.
     */
    pyw_application *(*application)(const pyw_application_spec *spec);

    /*
     * Imports the application if it is not imported. Any thread; other threads that need it wait. PYW_FAILED: the
     * traceback is in the process's log. load() and run() retry a failed import after 1, 2, 4 ... 30 s. A template does
     * not load applications outside of the main interpreter, because sub-interpreters do not survive a fork; this is no
     * failure, and the new process loads them.
     */
    pyw_result (*load)(pyw_application *application);

    /*
     * Serves one request: imports the application if necessary, calls it, and calls finish() exactly once on every
     * path. Any thread that Python did not create, several at a time. Returns after close() of the iterable and
     * finish().
     */
    void (*run)(pyw_application *application, pyw_exchange *exchange);

    /*
     * Whether the script of a loaded application with `reloading` has changed on disk (mtime, size or inode) since it
     * was loaded. One stat(2), no GIL. In embedded mode run() checks this and executes the script again; a worker calls
     * this function and asks for a successor. In a template, scripts that did not load count as well.
     */
    int (*changed)(pyw_application *application);

    /* Frees Python's data of the calling thread. Call it at the end of each thread that called run() or load(). */
    void (*thread_end)(void);

    /*
     * Writes the Python stacks of all threads to `fd` without taking the GIL. Async-signal-safe enough for a watchdog.
     */
    void (*dump_stacks)(int fd);

    /*
     * Acquires and releases the GIL, so that a watchdog sees whether Python responds. Any thread that Python did not
     * create and that serves no requests. The thread must end with thread_end().
     */
    void (*touch)(void);

    /* The number of requests that still run after interrupt-timeout. Any thread, no GIL. */
    int (*overdue)(void);

    /*
     * Runs the exit functions of all interpreters and finalises Python. If a thread may be inside run() or load(), pass
     * `busy` != 0: then stop() does not touch Python, and the caller should call _exit(). `threads_ms` limits the wait
     * for non-daemon threads of the applications; 0: no limit. The log names threads that take longer, with their
     * stacks; then Python is not finalised. `reason` is the shutdown_reason of the event process_stopping.
     */
    void (*stop)(int busy, int threads_ms, const char *reason);

    /*
     * Prepares a template for forking after it has loaded its applications: collects garbage, and freezes the remaining
     * objects so that their pages stay shared. Logs a warning about running threads, which do not survive a fork. On
     * the thread that called start().
     */
    void (*settle)(void);

    /*
     * Forks a template, with the actions of Python and the applications before and after the fork. `fork_process`
     * behaves as fork(2). The new process is no template; load() runs the functions registered with pywsgi.after_fork.
     * On the thread that called start(), which is the main thread of the new process.
     */
    pid_t (*fork)(pid_t (*fork_process)(void));

    /*
     * Executes scripts one after the other, as the program of a service group, in the main interpreter. Returns when
     * the program ends. On the thread that called start(), which must be the process's main thread. PYW_OK: the program
     * was stopped; PYW_EOF: it ended by itself; PYW_FAILED: it raised an exception. The process's log reports the last
     * two.
     */
    pyw_result (*run_program)(pyw_application *const *scripts, int count);

    /* Sets log_threshold. Any thread, no GIL. */
    void (*set_log_threshold)(pyw_log_level threshold);

    /* Raises SystemExit in the program, once, even while it waits. Any thread. Uses SIGTERM. */
    void (*stop_program)(void);

    /*
     * Writes the reason why the application is not loaded: the last line of the last traceback, truncated to fit; "" if
     * it is loaded. The text comes from the application and must not be trusted. Any thread, no GIL.
     */
    void (*load_problem)(pyw_application *application, char *text, size_t size);

    /*
     * Calls `visit` with the file of each loaded module, and with each entry of sys.path (`is_search_path`), of all
     * interpreters. A path may occur more than once, and need not exist. `visit` is called with the GIL held and must
     * be quick. Any thread that Python did not create and that serves no requests. The thread must end with
     * thread_end().
     */
    void (*loaded_files)(void (*visit)(void *baton, const char *path, int is_search_path), void *baton);

    /*
     * Acquires the GIL and calls `visit` with the stack of each thread that is executing Python code, in all
     * interpreters, as folded text (base/folded_stacks.h). `thread`: its pthread_self(). `visit` is called with the GIL
     * held and must be quick. No code of applications runs. Any thread that Python did not create and that serves no
     * requests. The thread must end with thread_end().
     */
    void (*sample_stacks)(void (*visit)(void *baton, unsigned long thread, const char *stack, size_t length),
                          void *baton);

    /* Publishes the event process_signal, on a separate thread. Any thread, no GIL; not after stop(). */
    void (*publish_signal)(int number);
} pyw_engine;

typedef const pyw_engine *pyw_engine_entry_fn(void);

#endif
