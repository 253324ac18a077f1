# SPDX-License-Identifier: Apache-2.0
"""Says which callable of which script answers, where and for whom."""
import json
import os
import pwd


def answer(name):
    def application(environ, start_response):
        body = json.dumps({
            "callable": name, "file": os.path.basename(__file__), "script_name": environ["SCRIPT_NAME"],
            "path_info": environ["PATH_INFO"], "process_group": environ["mod_wsgi.process_group"],
            "application_group": environ["mod_wsgi.application_group"], "method": environ["REQUEST_METHOD"],
            "user": pwd.getpwuid(os.getuid())[0], "body": environ["wsgi.input"].read().decode(),
            "pid": os.getpid(), "content_length": environ.get("CONTENT_LENGTH"), "marker": environ.get("MARKER", ""), "module": __name__,
        }).encode()
        status = environ["QUERY_STRING"].replace("+", " ") or "200 OK"
        start_response(status, [("Content-Type", "application/json"), ("X-App", "1"), ("Set-Cookie", "a=1"),
                                ("X-Method", environ["REQUEST_METHOD"])])
        return [body]

    return application


application = answer("application")
other = answer("other")


def create():
    return answer("made by create()")


class namespace:
    inner = answer("namespace.inner")
