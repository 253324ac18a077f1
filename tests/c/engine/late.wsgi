# SPDX-License-Identifier: Apache-2.0
"""An application that exceeds its deadline."""
import time

import pywsgi


def run(environ, start_response):
    """In Python code, which receives the exception at once."""
    while True:
        time.sleep(0.001)


def sleep(environ, start_response):
    """In C code, for longer than interrupt-timeout."""
    time.sleep(1)
    start_response("200 OK", [])
    return [b"awake"]


def catch(environ, start_response):
    try:
        run(environ, start_response)
    except pywsgi.RequestTimeout:
        start_response("200 OK", [])
        return [b"caught"]


def generate(environ, start_response):
    start_response("200 OK", [])
    try:
        yield b"first"
        yield from run(environ, start_response)
    finally:
        print("closed")


def compute(environ, start_response):
    start_response("200 OK", [])
    return [str(sum(len(str(i)) for i in range(2000))).encode()]


def near(environ, start_response):
    time.sleep(max(0, environ["pywsgi.deadline"] - time.monotonic()))
    start_response("200 OK", [])
    return [b"near"]


def application(environ, start_response):
    return globals()[environ["PATH_INFO"][1:]](environ, start_response)
