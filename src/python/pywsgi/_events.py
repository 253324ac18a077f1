# SPDX-License-Identifier: Apache-2.0
"""Functions that applications register to be called for events of requests and of the process.

wsgi/request/events.c calls the functions below that are named after an event, and only if there is a subscriber.
"""
import signal
import sys

import _pywsgi

event_callbacks = []  # wsgi/request/events.c holds a reference to this list
shutdown_callbacks = []
signal_callbacks = []

is_embedded = False


def _subscribe(callbacks, callback, name):
    if not callable(callback):
        raise TypeError("%s() expects a function, not %s" % (name, type(callback).__name__))
    callbacks.append(callback)
    return callback


def subscribe_events(callback):
    """Call callback(name, **event) for each event in this interpreter. Can be a decorator.

    If the callback returns a dict, later subscribers of the same event get its items, too.
    """
    return _subscribe(event_callbacks, callback, "subscribe_events")


def subscribe_shutdown(callback):
    """Call callback("process_stopping", **event) before the process ends. Can be a decorator."""
    return _subscribe(shutdown_callbacks, callback, "subscribe_shutdown")


def subscribe_signals(callback):
    """Call callback("process_signal", **event) when a daemon process gets SIGHUP or SIGUSR2. Can be a decorator."""
    if is_embedded and callable(callback):
        caller = sys._getframe(1)
        _pywsgi.warn_no_signals(caller.f_code.co_filename, caller.f_lineno)
        return callback
    return _subscribe(signal_callbacks, callback, "subscribe_signals")


def _publish(callbacks, name, event):
    """Call the callbacks in their order. An exception is logged, except for those that end a request."""
    for callback in tuple(callbacks):
        try:
            added = callback(name, **event)
        except Exception:
            import traceback

            _pywsgi.warn_callback(name, traceback.format_exc())
        else:
            if isinstance(added, dict):
                event.update(added)


def _seconds(microseconds):
    return int(microseconds) / 1e6


def request_started(application, environ, request_data):
    """Return the application to call, which a subscriber may have replaced, and the facts for request_finished()."""
    start = {
        "request_id": environ.get("mod_wsgi.request_id", ""),
        "thread_id": environ.get("mod_wsgi.thread_id", 0),
        "server_pid": environ.get("mod_wsgi.server_pid", ""),
        "request_start": _seconds(environ.get("mod_wsgi.request_start", 0)),
        "queue_start": _seconds(environ.get("mod_wsgi.queue_start", 0)),
        "daemon_start": _seconds(environ.get("mod_wsgi.daemon_start", 0)),
        "application_start": _seconds(environ.get("mod_wsgi.script_start", 0)),
        "daemon_connects": int(environ.get("mod_wsgi.daemon_connects", 0)),
        "daemon_restarts": int(environ.get("mod_wsgi.daemon_restarts", 0)),
        "request_data": request_data,
    }
    event = dict(start, application_object=application, request_environ=environ,
                 callable_object=environ.get("mod_wsgi.callable_object", ""))
    _publish(event_callbacks, "request_started", event)
    return event["application_object"], start


def response_started(request_id, request_data, status, headers, exc_info):
    _publish(event_callbacks, "response_started", {
        "request_id": request_id, "response_status": status, "response_headers": headers, "exception_info": exc_info,
        "request_data": request_data})


def request_exception(request_id, request_data, exc_info):
    _publish(event_callbacks, "request_exception", {
        "request_id": request_id, "exception_info": exc_info, "request_data": request_data})


def request_finished(start, finish, status, counts, times):
    """`start`: from request_started(). `counts` and `times`: see wsgi/request/events.c."""
    event = dict(start, status=status, application_finish=finish,
                 application_time=max(finish - start["application_start"], 0.0))
    event.update(zip(("input_reads", "input_length", "output_writes", "output_length", "gil_wait_count"), counts))
    event.update(zip(("input_time", "output_time", "gil_wait_time", "cpu_user_time", "cpu_system_time"), times))
    event["cpu_time"] = event["cpu_user_time"] + event["cpu_system_time"]
    _publish(event_callbacks, "request_finished", event)


def process_stopping(reason):
    """The engine calls this once, before threads of the application are awaited and exit functions run."""
    _publish(event_callbacks + shutdown_callbacks, "process_stopping", {"shutdown_reason": reason})


def process_signal(number):
    """The engine calls this on a thread of its own."""
    _publish(event_callbacks + signal_callbacks, "process_signal",
             {"signame": signal.Signals(number).name, "signum": number})
