# SPDX-License-Identifier: Apache-2.0
"""Uses the module mod_wsgi as applications do, at import and in requests."""
import json
import os
import signal
import sys

import apache
import mod_wsgi

events = []


@mod_wsgi.subscribe_shutdown
def on_shutdown(name, **event):
    print("shutdown:", name, event["shutdown_reason"])


@mod_wsgi.subscribe_signals
def on_signal(name, **event):
    print("signal:", name, event["signame"], event["signum"])


@mod_wsgi.subscribe_events
def on_event(name, **event):
    if name == "request_started":
        path = event["request_data"]["path"] = event["request_environ"]["PATH_INFO"]
    if "request_data" in event:
        events.append((event["request_data"]["path"], name, event))
    if name == "request_started":
        if path == "/wrapped":
            return {"application_object": wrapped}
        if path == "/subscriber_fails":
            raise LookupError("of the subscriber")


def wrapped(environ, start_response):
    start_response("202 Accepted", [])
    return [b"wrapped"]


try:
    mod_wsgi.request_data()
except RuntimeError as error:
    at_import = str(error)


def describe(value):
    return value if isinstance(value, (str, int, float, bool, type(None))) else repr(value)


def take_events():
    found = [[path, name, {key: describe(value) for key, value in event.items()}] for path, name, event in events]
    events.clear()
    return found


def facts(environ):
    return {
        "version": list(mod_wsgi.version), "process_group": mod_wsgi.process_group,
        "application_group": mod_wsgi.application_group, "maximum_processes": mod_wsgi.maximum_processes,
        "threads_per_process": mod_wsgi.threads_per_process, "thread_id": mod_wsgi.thread_id,
        "file_wrapper": mod_wsgi.FileWrapper is environ["wsgi.file_wrapper"],
        "timeout": mod_wsgi.RequestTimeout.__mro__[1].__name__, "handler": mod_wsgi.LogHandler.__mro__[1].__name__,
        "active": mod_wsgi.active_requests, "data": mod_wsgi.request_data(), "at_import": at_import,
        "apache": {name: getattr(apache, name) for name in ("version", "description", "mpm_name", "build_date",
                                                            "maximum_processes", "threads_per_process")},
        "argv": sys.argv, "__name__": __name__, "__mtime__": __mtime__, "request_id": environ["mod_wsgi.request_id"]}


def queue_time(environ):
    """The times are texts of microseconds, perhaps with "t=", or numbers in other units."""
    for name in "mod_wsgi.request_start", "mod_wsgi.queue_start":
        value = environ.get(name)
        if value and isinstance(value, str):
            number = float(value[2:] if value.startswith("t=") else value)
            for divisor in 1000000.0, 1000.0, 1.0:
                if 946684800 < number / divisor < 4102444800:
                    return number / divisor
    return 0.0


def packages(environ):
    """What New Relic's agent, django-rosetta, pycsw and Checkmk ask."""
    module = sys.modules["mod_wsgi"]
    return {
        "dispatcher": ["Apache/mod_wsgi (%s)" % ("embedded" if module.process_group == "" else "daemon"), str(module.version)],
        "size": [module.maximum_processes, module.threads_per_process],
        "size of httpd": [apache.maximum_processes, apache.threads_per_process],
        "queued": queue_time(environ),
        "reloads": bool("mod_wsgi.process_group" in environ and environ.get("mod_wsgi.process_group", None)
                        and os.access(environ["SCRIPT_FILENAME"], os.F_OK)
                        and int(environ.get("mod_wsgi.script_reloading", 0))),
        "versions": [environ.get("apache.version", "unknown"), environ.get("mod_wsgi.version", "unknown"),
                     environ.get("mod_wsgi.application_group", "unknown")]}


def application(environ, start_response):
    path = environ["PATH_INFO"]
    if path == "/fails":
        raise KeyError("of the application")
    if path == "/interrupts":
        os.kill(os.getpid(), signal.SIGINT)
    environ["wsgi.input"].read()
    if path == "/environ":
        answer = {name: [type(value).__name__, describe(value)] for name, value in environ.items()}
    elif path == "/packages":
        answer = packages(environ)
    elif path == "/facts":
        answer = facts(environ)
    elif path == "/metrics":
        answer = [mod_wsgi.request_metrics(), mod_wsgi.process_metrics(), mod_wsgi.server_metrics()]
    else:
        answer = take_events() if path == "/" else 12
    body = json.dumps(answer).encode()
    start_response("200 OK", [("Content-Type", "application/json")])
    yield body[:1]
    yield body[1:]
