"""A small Flask application that shows which process serves it: pages, JSON, a stream, an upload, a file."""
import hashlib
import os
import sys
import threading
import time

import flask

app = flask.Flask(__name__)

POSTS = {
    "two-modes": (
        "Two modes, one engine",
        "A daemon group is a process of its own, with its own user and its own Python. Embedded, the same engine runs "
        "inside httpd's children. The answers are the same byte for byte; compare this page in both.",
    ),
    "logging": (
        "Where print() goes",
        "Standard output, standard error and tracebacks go to the ErrorLog of the virtual host that serves the "
        "request, whole lines at a time, with the request's context. Reading this page has just left a line there.",
    ),
    "files": (
        "Files leave through httpd",
        "An application that returns wsgi.file_wrapper hands over a descriptor. httpd sends the file itself, and "
        "the Python thread is free for the next request. The link to the source below is such a response.",
    ),
}


def served_by():
    """Describe the process that runs this request, from environ and the process itself."""
    environ = flask.request.environ
    group = environ.get("mod_wsgi.process_group", "")
    return {
        "mode": "daemon" if group else "embedded",
        "process_group": group,
        "pid": os.getpid(),
        "thread": threading.current_thread().name,
        "python": sys.version.split()[0],
        "flask_root": flask.request.script_root or "/",
        "multithread": environ["wsgi.multithread"],
        "multiprocess": environ["wsgi.multiprocess"],
    }


@app.get("/")
def index():
    return flask.render_template("index.html", posts=POSTS, server=served_by())


@app.get("/post/<slug>")
def post(slug):
    if slug not in POSTS:
        flask.abort(404)
    title, text = POSTS[slug]
    print("somebody reads %r" % title)
    return flask.render_template("post.html", title=title, text=text, server=served_by())


@app.get("/info")
def info():
    return served_by()


@app.get("/stream")
def stream():
    def lines():
        for number in range(1, 11):
            yield "line %d of 10\n" % number
            time.sleep(0.5)

    return app.response_class(lines(), mimetype="text/plain")


@app.post("/upload")
def upload():
    digest = hashlib.sha256()
    size = 0
    file = flask.request.files["file"]
    for block in iter(lambda: file.stream.read(65536), b""):
        digest.update(block)
        size += len(block)
    return {"name": file.filename, "bytes": size, "sha256": digest.hexdigest()}


@app.get("/source")
def source():
    return flask.send_file(os.path.abspath(__file__), mimetype="text/x-python", as_attachment=True)
