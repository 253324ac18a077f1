# SPDX-License-Identifier: Apache-2.0
"""multiprocessing and concurrent.futures work in a request as in any program."""
import pytest

METHODS = ("fork", "spawn", "forkserver")


@pytest.mark.parametrize("method", METHODS)
class TestProcesses:
    def test_a_job_that_succeeds(self, site, method):
        assert site.get("/process?job=succeed&method=" + method).body == b"0"

    def test_a_job_that_exits(self, site, method):
        assert site.get("/process?job=fail&method=" + method).body == b"7"

    def test_a_pool(self, site, method):
        assert site.get("/pool?method=" + method).body == b"[0, 1, 4, 9]"

    def test_an_executor(self, site, method):
        assert site.get("/executor?method=" + method).body == b"[0, 1, 4, 9]"
