# SPDX-License-Identifier: Apache-2.0
"""The thread that runs a request has a name, and is the main thread of a process that it forks."""
import re
import threading


class TestThreads:
    def test_of_a_request_has_a_name(self, site):
        text = site.get("/thread").body.decode()
        assert re.match(r"pywsgi-\d+ RequestThread True \[.*'pywsgi-\d+'", text), text
        assert "Dummy" not in text

    def test_stays_the_same(self, site):
        with site.connect() as connection:
            names = {connection.request("GET", site.prefix + "/thread").body.split()[0] for _ in range(20)}
        assert 1 <= len(names) <= 25

    def test_is_the_main_one_of_a_child(self, site):
        assert site.get("/thread_of_child").body == b"True MainThread ['MainThread']; exit 0"


class TestDeadlines:
    CONFIG = """
        WSGIPythonPath ${APPS}
        WSGIDaemonProcess app threads=8 python-path=${APPS}
        WSGIScriptAlias /daemon ${APPS}/app.wsgi process-group=app
        WSGIScriptAlias /embedded ${APPS}/app.wsgi
        WSGIRequestTimeout 60
    """

    def test_no_child_hangs_on_a_lock(self, site):
        answers = []

        def ask():
            for _ in range(5):
                answers.append(site.get("/returns").body)

        threads = [threading.Thread(target=ask) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert answers == [b"exit 0"] * 30
