# SPDX-License-Identifier: Apache-2.0
"""Without memory or processes the start fails, or the request, or the next attempt follows."""
import pathlib
import shutil
import subprocess

import pytest
from daemon_site import APPS, DaemonSite

from pyw import paths, wait_for

HERE = pathlib.Path(__file__).resolve().parent
CONFIG = "WSGIDaemonProcess app\nWSGIScriptAlias /app ${APPS}/app.wsgi process-group=app\n"


class Memory:
    """A kind of memory that a server's processes cannot allocate, or "fork"."""

    def __init__(self, directory):
        self.library = directory / "scarce_memory.so"
        self.file = directory / "refused"
        subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", str(self.library), str(HERE / "scarce_memory.c")],
                       check=True)
        self.refuse("")

    def environment(self):
        return {"LD_PRELOAD": str(self.library), "SCARCE_MEMORY": str(self.file)}

    def refuse(self, name):
        self.file.write_text(name)


@pytest.fixture
def memory():
    directory = paths.new_directory("pyw-memory.")
    yield Memory(directory)
    shutil.rmtree(directory)


@pytest.mark.parametrize("name", ["pywsgi-worker-list", "pywsgi-load"])
def test_httpd_does_not_start_without_memory_for_the_queue(make_httpd, memory, name):
    memory.refuse(name)
    server = make_httpd(CONFIG, apps=APPS, start=False, environment=memory.environment())
    server.allow_log("PYW0261.*process group 'app'.*no shared memory|AH00020")
    with pytest.raises(AssertionError, match="httpd ended"):
        server.start()
    assert server.log.find("PYW0261.*process group 'app'.*no shared memory")


def test_a_connection_without_memory_for_a_token_is_503_and_the_next_one_is_served(make_httpd, memory):
    server = make_httpd(CONFIG, apps=APPS, environment=memory.environment())
    site = DaemonSite(server, "/app")
    server.log.wait("PYW0317.*'app' is ready")
    server.expect_log("PYW0245.*'app'.*503")
    memory.refuse("pywsgi-token")
    assert site.get("/pid").status == 503
    memory.refuse("")
    assert site.get("/pid").status == 200


@pytest.mark.long
def test_a_manager_for_which_there_is_no_process_is_started_later(make_httpd, memory):
    server = make_httpd(CONFIG, apps=APPS, environment=memory.environment())
    server.allow_log(r"PYW0253|PYW0254|PYW03\d\d|PYW04\d\d|PYW024\d")
    server.expect_log("PYW0251: .*fork: Resource temporarily unavailable.*tries again")
    server.remember_family()
    memory.refuse("fork")
    server.manager().kill()
    server.log.wait("PYW0251")
    memory.refuse("")
    server.log.wait("PYW0254", seconds=12)
    assert len(server.log.find("PYW0251")) == 1
    wait_for(lambda: DaemonSite(server, "/app").get("/pid").status == 200)
