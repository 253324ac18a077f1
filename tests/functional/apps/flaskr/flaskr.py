# SPDX-License-Identifier: Apache-2.0
"""A blog as in Flask's tutorial: users, sessions, posts, SQLite."""
import os
import sqlite3

import flask
from werkzeug.security import check_password_hash, generate_password_hash

SCHEMA = """
CREATE TABLE IF NOT EXISTS user (id INTEGER PRIMARY KEY, name TEXT UNIQUE, password TEXT);
CREATE TABLE IF NOT EXISTS post (id INTEGER PRIMARY KEY, author TEXT, title TEXT, body TEXT);
"""


def database():
    if "database" not in flask.g:
        flask.g.database = sqlite3.connect(os.environ.get("FLASKR_DATABASE", flask.current_app.config["DATABASE"]))
    return flask.g.database


def create_app():
    app = flask.Flask(__name__)
    app.config.update(SECRET_KEY="dev", DATABASE=os.path.join(
        os.path.dirname(os.path.abspath(__file__)), "..", "data", "flaskr.sqlite"))

    @app.teardown_appcontext
    def close(error):
        connection = flask.g.pop("database", None)
        if connection is not None:
            connection.close()

    with app.app_context():
        database().executescript(SCHEMA)
    add_routes(app)
    return app


def add_routes(app):
    @app.post("/register")
    def register():
        form = flask.request.form
        with database() as connection:
            connection.execute("INSERT INTO user (name, password) VALUES (?, ?)",
                               (form["name"], generate_password_hash(form["password"])))
        return flask.redirect(flask.url_for("index"))

    @app.post("/login")
    def login():
        form = flask.request.form
        row = database().execute("SELECT password FROM user WHERE name = ?", (form["name"],)).fetchone()
        if row is None or not check_password_hash(row[0], form["password"]):
            flask.abort(403)
        flask.session["user"] = form["name"]
        return flask.redirect(flask.url_for("index"))

    @app.post("/create")
    def create():
        if "user" not in flask.session:
            flask.abort(401)
        form = flask.request.form
        with database() as connection:
            connection.execute("INSERT INTO post (author, title, body) VALUES (?, ?, ?)",
                               (flask.session["user"], form["title"], form["body"]))
        return flask.redirect(flask.url_for("index"))

    @app.get("/")
    def index():
        rows = database().execute("SELECT author, title, body FROM post ORDER BY id").fetchall()
        return flask.jsonify(posts=rows, user=flask.session.get("user"), root=flask.request.script_root)
