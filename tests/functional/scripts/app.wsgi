# SPDX-License-Identifier: Apache-2.0
def application(environ, start_response):
    """Answer with the user that httpd has authenticated."""
    length = len(environ["wsgi.input"].read())
    body = ("%s %s %d" % (environ.get("REMOTE_USER"), environ.get("AUTH_TYPE"), length)).encode("latin-1")
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
    return [body]
