# SPDX-License-Identifier: Apache-2.0
"""The pytest plugin: servers per class, and their logs checked after each test. Loaded by tests/conftest.py."""
import pytest

from . import httpd as httpd_module
from . import paths, pythons, skips


@pytest.fixture(scope="class")
def make_httpd():
    """make_httpd(config, ...) starts an Httpd that runs until the end of the class; start=False does not start it."""
    servers = []

    def make(*arguments, start=True, **options):
        server = pythons.chosen_class()(*arguments, **options)
        servers.append(server)
        return server.start() if start else server

    yield make
    failures = []
    for server in reversed(servers):
        try:
            server.finish()
        except AssertionError as failure:
            failures.append(str(failure))
    assert not failures, "\n".join(failures)


@pytest.fixture(params=["daemon", "embedded"])
def mode(request):
    return request.param


@pytest.fixture(autouse=True)
def check_logs(request):
    """Write the name of the test to the logs of all running servers, and fail it for unannounced lines."""
    for server in list(httpd_module.RUNNING):
        server.begin_test(request.node.nodeid)
    yield
    for server in list(httpd_module.RUNNING):
        server.end_test()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    report = outcome.get_result()
    if report.skipped:
        skips.fail_if_unexpected(report)
    elif report.failed:
        for server in httpd_module.RUNNING:
            report.sections.append(("error log of port %d" % server.port, "\n".join(server.log.lines()[-60:])))


def pytest_configure(config):
    config.addinivalue_line("markers", "root: needs root (other users, other processes' memory)")
    config.addinivalue_line("markers", "alone: measures time; runs while no other test does")
    config.addinivalue_line("markers", "long: for make check-all")


@pytest.hookimpl(tryfirst=True)     # before -m selects by mark
def pytest_collection_modifyitems(items):
    for item in items:
        if item.get_closest_marker("root") and not paths.is_root():
            item.add_marker(pytest.mark.skip(reason="only as root"))
        if is_shown_by_another_mpm(item) or is_for_other_pythons(item):
            item.add_marker(pytest.mark.long)


def is_for_other_pythons(item):
    """Return whether this shows for the other Pythons of the machine what another test shows for the default."""
    return "series" in (item.callspec.params if hasattr(item, "callspec") else {})


def is_shown_by_another_mpm(item):
    """Return whether tests with the event MPM cover this. Workers do not depend on the MPM, and the worker MPM has
    threads, too.
    """
    parameters = item.callspec.params if hasattr(item, "callspec") else {}
    mpm = parameters.get("mpm", "event")
    return mpm == "worker" or (mpm == "prefork" and parameters.get("mode") == "daemon")
