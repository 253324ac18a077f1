# SPDX-License-Identifier: Apache-2.0
"""`pywsgi serve` in a project's directory, as a developer starts it."""
import shutil

import pytest
from private_server import PROJECT, PrivateServer

from pyw import paths


@pytest.fixture(scope="class")
def project(request):
    directory = paths.new_directory("pyw project.")
    for name, text in {**PROJECT, **getattr(request.cls, "FILES", {})}.items():
        (directory / name).parent.mkdir(parents=True, exist_ok=True)
        (directory / name).write_text(text)
    (directory / "data").mkdir(mode=0o777)
    (directory / "data").chmod(0o777)
    yield directory
    shutil.rmtree(directory)


@pytest.fixture(scope="class")
def serve(request, project):
    """The server of the class, with its OPTIONS."""
    with PrivateServer(project, *getattr(request.cls, "OPTIONS", ["blog:app"])) as server:
        yield server.wait_ready()
