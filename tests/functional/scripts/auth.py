# SPDX-License-Identifier: Apache-2.0
"""Functions for WSGIAuthUserScript and similar directives. The name of the user selects the behaviour."""
import hashlib
import json
import os
import time

from support import note, query, wait_for_file

SECRET = "s3cret-of-the-client"


def describe(environ, function, *arguments):
    """Write the note that the test requests with ?key="""
    key = query(environ, "key")
    if key:
        values = {name: value for name, value in environ.items() if isinstance(value, str)}
        note(key, json.dumps({"function": function, "arguments": arguments, "environ": values, "keys": list(environ),
                              "body": environ["wsgi.input"].read().decode(), "uid": os.geteuid(), "pid": os.getpid()}))


def hang():
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        time.sleep(0.01)


def misbehave(user):
    if user == "raises":
        raise ValueError("no database")
    if user == "hangs":
        hang()
    if user == "holds":
        wait_for_file("go")
    if user == "dies":
        os._exit(3)


def check_password(environ, user, password):
    describe(environ, "check_password", user, password)
    misbehave(user)
    special = {"number": 1, "empty": "", "alias": "b\xf6b", "control": "bob\nAdmin: yes", "bytes": b"bob"}
    if user in special:
        return special[user]
    if user == "holds":
        return True
    if user not in ("bob", "alice", "b\xf6b"):
        return None
    return password == (SECRET if user != "b\xf6b" else "p\xe4ss")


def get_realm_hash(environ, user, realm):
    describe(environ, "get_realm_hash", user, realm)
    misbehave(user)
    if user == "number":
        return 1
    if user == "short":
        return "abc"
    if user != "bob":
        return None
    return hashlib.md5(("%s:%s:%s" % (user, realm, SECRET)).encode()).hexdigest()


def groups_for_user(environ, user):
    describe(environ, "groups_for_user", user)
    misbehave(environ.get("HTTP_X_GROUPS", ""))
    special = {"none": None, "text": "staff", "number": [1], "tuple": ("staff",), "set": {"staff"},
               "generator": (name for name in ["staff"]), "many": ["g%d" % number for number in range(5000)] + ["staff"]}
    if environ.get("HTTP_X_GROUPS") in special:
        return special[environ["HTTP_X_GROUPS"]]
    return {"bob": ["staff", "secret agents"], "alice": []}[user]


def allow_access(environ, host):
    describe(environ, "allow_access", host)
    wish = environ.get("HTTP_X_ACCESS", "")
    misbehave(wish)
    return {"yes": True, "no": False, "undecided": None, "number": 1, "text": "yes"}[wish]
