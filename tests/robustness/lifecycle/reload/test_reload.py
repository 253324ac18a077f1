# SPDX-License-Identifier: Apache-2.0
"""reload-on and reload-overlap: a deployment announces new code to the group, without an effect on requests."""

import pytest
from lifecycle_site import DaemonSite
from traffic import Clients

from pyw import processes, wait_for

CODE = """
def application(environ, start_response):
    start_response("200 OK", [])
    return [b"%s"]
"""
BROKEN = r"PYW0316|PYW0317|PYW06\d\d|PYW05\d\d|PYW0310|Traceback|\]   |File|RuntimeError"
CONFIG = """
    WSGIDaemonProcess app %s python-path=${APPS}
    WSGIAppAlias / shop:application process-group=app
"""


class Deploy:
    """An application that is imported, so that only the watched file announces a change."""

    def __init__(self, server):
        self.server = server
        self.site = DaemonSite(server)
        self.count = 0

    def write(self, text):
        """Each text has its own length, because that distinguishes .pyc files of the same second."""
        self.count += 1
        (self.server.apps / "shop.py").write_text(text + "#" * self.count)

    def tell(self, name="restart.txt"):
        (self.server.apps / "new").write_text("")
        (self.server.apps / "new").rename(self.server.apps / name)

    def release_module(self, name, text, in_place):
        path = self.server.apps / name
        self.count += 1
        if in_place:
            path.write_text(text + "#" * self.count)
        else:
            (self.server.apps / "new.part").write_text(text + "#" * self.count)
            (self.server.apps / "new.part").rename(path)

    def release(self, version):
        self.write(CODE % version)
        self.tell()

    def settled(self):
        """Return the answer of the application while no replacement is in progress."""
        self.server.wait_for_workers()
        return self.site.get("/").body

    def wait_body(self, body):
        wait_for(lambda: self.site.get("/").body == body, what=body)


@pytest.fixture(scope="class")
def deploy(request, make_httpd):
    return Deploy(make_httpd(CONFIG % request.cls.OPTIONS, apps={"shop.py": CODE % "one"}))


class TestReloadOn:
    OPTIONS = "threads=4 reload-on=${APPS}/restart.txt,${APPS}/version"

    def test_code_alone_changes_nothing_until_the_file_is_made(self, deploy):
        before = deploy.settled()
        deploy.write(CODE % "two")
        assert deploy.site.get("/").body == before
        with Clients(deploy.site, "/") as clients:
            wait_for(lambda: clients.answers)
            deploy.tell()
            wait_for(lambda: clients.answers[-1] == (200, b"two"))
        assert set(clients.answers) == {(200, before), (200, b"two")}
        deploy.server.log.wait(r"PYW0323: .*/restart\.txt changed: the workers of group 'app'")
        wait_for(lambda: len(deploy.server.workers()) == 1)

    def test_each_file_of_the_list_counts_and_each_change(self, deploy):
        deploy.write(CODE % "three")
        deploy.tell("version")
        deploy.wait_body(b"three")
        deploy.release("four")
        deploy.wait_body(b"four")
        since = deploy.server.log.position()
        (deploy.server.apps / "restart.txt").unlink()
        deploy.server.log.wait("PYW0323", since)

    def test_code_that_does_not_load_leaves_the_old_one_serving(self, deploy):
        server = deploy.server
        deploy.release("good")
        deploy.wait_body(b"good")
        wait_for(lambda: len(server.workers()) == 1)
        server.allow_log(BROKEN)
        since = server.log.position()
        deploy.write("raise RuntimeError('announced')\n")
        with Clients(deploy.site, "/") as clients:
            wait_for(lambda: clients.answers)
            deploy.tell()
            server.log.wait("PYW0316: .*the next try is when the script .* changes, or with: pywsgi reload app$", since)
        assert set(clients.answers) == {(200, b"good")}
        assert server.log.find("RuntimeError: announced", since)
        deploy.release("repaired")
        deploy.wait_body(b"repaired")

    def test_the_kernel_is_asked_for_changes_of_the_directories(self, deploy):
        def watches():
            return [path for path in processes.descriptors(deploy.server.manager().pid).values() if "inotify" in path]

        assert len(watches()) == 1
        deploy.server.configure(CONFIG % (self.OPTIONS + " env=AGAIN=1"))
        deploy.server.graceful()
        assert len(watches()) == 1

    def test_after_a_change_of_the_options_it_is_watched_still(self, deploy):
        deploy.server.configure(CONFIG % (self.OPTIONS + " env=CHANGED=1"))
        deploy.server.graceful()
        deploy.release("after")
        deploy.wait_body(b"after")


class TestModules:
    OPTIONS = "processes=2 threads=4 reload-on=modules"

    def test_a_module_is_loaded_again_whether_it_is_replaced_or_written_in_place(self, deploy):
        deploy.settled()
        deploy.release_module("shop.py", CODE % "two", in_place=True)
        deploy.wait_body(b"two")
        deploy.server.log.wait(r"PYW0323: .*/shop\.py changed: the workers of group 'app'")
        deploy.release_module("shop.py", CODE % "three", in_place=False)
        deploy.wait_body(b"three")

    def test_a_new_and_a_removed_package_are_seen(self, deploy):
        deploy.settled()
        text = "try:\n    from extra import TEXT\nexcept ImportError:\n    TEXT = b'none'\n"
        deploy.release_module("shop.py", text + (CODE % "").replace('b""', "TEXT"), in_place=False)
        deploy.wait_body(b"none")
        (deploy.server.apps / "extra").mkdir()
        (deploy.server.apps / "extra" / "__init__.py").write_text("TEXT = b'extra'\n")
        deploy.wait_body(b"extra")
        (deploy.server.apps / "extra" / "__init__.py").unlink()
        (deploy.server.apps / "extra").rename(deploy.server.apps / "removed")
        deploy.wait_body(b"none")

    def test_code_that_does_not_load_is_tried_once(self, deploy):
        server = deploy.server
        deploy.release_module("shop.py", CODE % "good", in_place=False)
        deploy.wait_body(b"good")
        wait_for(lambda: all(deploy.site.get("/").body == b"good" for _ in range(20)))  # of both workers
        server.wait_for_workers()
        server.allow_log(BROKEN)
        since = server.log.position()
        deploy.release_module("shop.py", "raise RuntimeError('announced')\n", in_place=False)
        server.log.wait("PYW0316", since)
        for _ in range(3):
            server.wait_for_look()
        assert len(server.log.find("PYW0316", since)) == 1
        assert deploy.site.get("/").body == b"good"
        deploy.release_module("shop.py", CODE % "repaired", in_place=False)
        deploy.wait_body(b"repaired")

    def test_other_files_do_not_count(self, deploy):
        deploy.server.wait_for_workers()
        before = {worker.pid for worker in deploy.server.workers()}
        since = deploy.server.log.position()
        (deploy.server.apps / "page.html").write_text("")
        for _ in range(3):
            deploy.server.wait_for_look()
        assert not deploy.server.log.find("PYW0323", since)
        assert {worker.pid for worker in deploy.server.workers()} == before


def course(server, since):
    """Return the starts (s) and readies (r) of the workers, in order."""
    return "".join("s" if "PYW0313" in line else "r" for line in server.log.find("PYW0313|PYW0317", since))


def most_at_once(text):
    return max(text[:end].count("s") - text[:end].count("r") for end in range(len(text) + 1))


class TestOverlap:
    @pytest.mark.parametrize("overlap", [pytest.param(1, marks=pytest.mark.long), 2, pytest.param(4, marks=pytest.mark.long)])
    def test_no_more_than_that_start_at_once(self, make_httpd, overlap):
        options = "processes=4 threads=2 reload-on=${APPS}/restart.txt reload-overlap=%d" % overlap
        deploy = Deploy(make_httpd(CONFIG % options, apps={"shop.py": CODE % "one"}))
        server = deploy.server
        wait_for(lambda: len(course(server, 0)) == 8)
        since = server.log.position()
        deploy.release("two")
        wait_for(lambda: len(course(server, since)) == 8, what=lambda: course(server, since))
        assert most_at_once(course(server, since)) == overlap, course(server, since)
        wait_for(lambda: len(server.workers()) == 4)
