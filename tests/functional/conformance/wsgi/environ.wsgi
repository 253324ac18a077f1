# SPDX-License-Identifier: Apache-2.0
"""Answers with its environ as JSON: text as it is, anything else as the name of its type and its repr."""
import json


def describe(value):
    return value if isinstance(value, (str, bool)) else [type(value).__name__, repr(value)]


def application(environ, start_response):
    answer = {name: describe(value) for name, value in environ.items()}
    answer["type of environ"] = type(environ).__name__
    answer["type of all names"] = sorted({type(name).__name__ for name in environ})
    answer["client gone"] = repr(environ["pywsgi.client_gone"]())
    body = json.dumps(answer).encode()
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
    return [body]
