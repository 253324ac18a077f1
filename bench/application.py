# SPDX-License-Identifier: Apache-2.0
"""The application that every contender runs. PATH_INFO selects the workload; files are in the same directory."""
import os

from flask import Flask, jsonify

HERE = os.path.dirname(os.path.abspath(__file__))
FILE = os.path.join(HERE, "16m.bin")
BLOCK = b"x" * 65536

flask_application = Flask(__name__)


@flask_application.route("/flask")
def flask_hello():
    return "Hello, World!"


@flask_application.route("/flask-json")
def flask_json():
    return jsonify(id=42, name="bench", tags=["a", "b", "c"], price=12.5, ok=True, nothing=None)


def answer(start_response, length, kind="text/plain"):
    headers = [("Content-Type", kind)]
    if length is not None:
        headers.append(("Content-Length", str(length)))
    start_response("200 OK", headers)


def hello(environ, start_response):
    answer(start_response, 13)
    return [b"Hello, World!"]


def body_64k(environ, start_response):
    answer(start_response, len(BLOCK))
    return [BLOCK]


def body_1m(environ, start_response):
    answer(start_response, 16 * len(BLOCK))
    return (BLOCK for _ in range(16))


def small_chunks(environ, start_response):
    answer(start_response, None)
    return (b"y" * 100 for _ in range(100))


def file_16m(environ, start_response):
    answer(start_response, os.path.getsize(FILE), "application/octet-stream")
    return environ["wsgi.file_wrapper"](open(FILE, "rb"), 65536)


def post(environ, start_response):
    body, left = environ["wsgi.input"], int(environ["CONTENT_LENGTH"])
    total = 0
    while total < left:
        block = body.read(min(65536, left - total))
        if not block:
            break
        total += len(block)
    text = b"%d" % total
    answer(start_response, len(text))
    return [text]


PATHS = {
    "/hello": hello,
    "/64k": body_64k,
    "/1m": body_1m,
    "/chunks": small_chunks,
    "/file": file_16m,
    "/post": post,
    "/flask": flask_application,
    "/flask-json": flask_application,
}


def application(environ, start_response):
    return PATHS[environ["PATH_INFO"]](environ, start_response)
