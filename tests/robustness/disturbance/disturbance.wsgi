# SPDX-License-Identifier: Apache-2.0
"""Responds after ?seconds=, in one block or as a stream, with the version of the code and the process."""
import os
import time
import urllib.parse

VERSION = "@VERSION@"
NOTES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "data", "begun")
kept = []


def note(number):
    """Note request and process: a process that dies later affects only requests noted with its pid."""
    descriptor = os.open(NOTES, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
    try:
        os.write(descriptor, b"%s %d\n" % (number.encode(), os.getpid()))
    finally:
        os.close(descriptor)


def who():
    return ("%s %d\n" % (VERSION, os.getpid())).encode()


def stream(seconds):
    yield who()
    time.sleep(seconds)
    yield who()


def application(environ, start_response):
    query = dict(urllib.parse.parse_qsl(environ["QUERY_STRING"]))
    note(query["id"])
    seconds = float(query.get("seconds", "0"))
    if "grow" in query:
        kept.append(b"x" * (int(query["grow"]) << 10))
    start_response("200 OK", [("Content-Type", "text/plain")])
    if environ["PATH_INFO"] == "/stream":
        return stream(seconds)
    begun = who()
    time.sleep(seconds)
    return [begun, who()]
