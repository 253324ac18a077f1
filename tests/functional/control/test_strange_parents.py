# SPDX-License-Identifier: Apache-2.0
"""A manager that gets unexpected frames from httpd or from another manager continues, and keeps no descriptor."""
import os
import socket
import subprocess

import psutil
import pytest
from test_hostile_manager import REFUSED

from pyw import paths, wait_for
from pyw.wire import frame, pairs

GROUP, COMMIT, BOUND, COMMAND, HANDOVER, DONE, ROW = 32, 33, 34, 36, 39, 38, 37


class Manager:
    """pywsgid with this process in the role of httpd's parent and, for a successor, of its predecessor."""

    def __init__(self, directory, is_successor=False):
        self.directory = directory
        self.control, end = socket.socketpair()
        self.other, other_end = socket.socketpair()
        for each in (self.control, self.other):
            each.settimeout(20)
        if is_successor:
            self.other.sendall(frame(DONE))
        arguments = [str(paths.BUILD / "pywsgid"), "--manager"] + ["--successor"] * is_successor
        script = "exec 3<&%d 4<&%d; exec \"$@\"" % (end.fileno(), other_end.fileno())
        self.process = subprocess.Popen(["bash", "-c", script, "bash", *arguments], stdin=subprocess.DEVNULL,
                                        pass_fds=(end.fileno(), other_end.fileno()), stderr=subprocess.DEVNULL)
        end.close()
        self.log = os.open(os.devnull, os.O_WRONLY)
        if is_successor:
            other_end.close()
        else:
            self.other_end = other_end

    def send(self, connection, data, descriptor=None):
        descriptors = [self.log if descriptor is None else descriptor]
        socket.send_fds(connection, [data], descriptors)

    def commit(self, payload=None):
        """Return the type of the answer. Without a group the manager exits after BOUND."""
        settings = payload or pairs((b"settings.socket-directory", str(self.directory / "run").encode()), (b"settings.httpd-uid", b"%d" % os.geteuid()),
                         (b"settings.server-name", b"x"), (b"settings.log-level", b"6"))
        self.send(self.control, frame(COMMIT, settings))
        return self.answer()

    def answer(self):
        header = self.control.recv(8, socket.MSG_WAITALL)
        length = int.from_bytes(header[4:], "little")
        self.control.recv(length, socket.MSG_WAITALL)
        return header[1]

    def descriptors(self):
        return psutil.Process(self.process.pid).num_fds()

    def stop(self):
        for each in (self.control, self.other):
            each.close()
        os.close(self.log)
        assert self.process.wait(20) == 0


@pytest.fixture
def manager(tmp_path, request):
    tmp_path.chmod(0o755)
    manager = Manager(tmp_path, getattr(request, "param", False))
    yield manager
    manager.stop()


def test_a_malformed_commit_takes_the_refused_groups_with_it(manager):
    manager.send(manager.control, frame(GROUP, b"malformed"))
    assert manager.commit(b"malformed") == REFUSED
    assert manager.commit() == BOUND


@pytest.mark.parametrize("payload", [pairs(), pairs((b"group", b"app")), b"malformed"])
def test_a_successor_that_names_no_command(manager, payload):
    manager.send(manager.control, frame(HANDOVER), manager.other_end.fileno())
    assert manager.other.recv(8, socket.MSG_WAITALL) == frame(DONE)
    manager.other.sendall(frame(COMMAND, payload))
    assert manager.commit() == BOUND


def hand_over(manager):
    """A successor takes over and exits."""
    manager.send(manager.control, frame(HANDOVER), manager.other_end.fileno())
    assert manager.other.recv(8, socket.MSG_WAITALL) == frame(DONE)
    before = manager.descriptors()
    manager.other.sendall(frame(COMMAND, pairs((b"command", b"taken"))))
    manager.other.close()
    manager.other_end.close()
    wait_for(lambda: manager.descriptors() < before)


def test_a_successor_that_dies_before_it_has_answered_httpd(manager):
    hand_over(manager)
    assert manager.commit() == BOUND


def test_httpd_completes_a_hand_over_that_has_not_begun(manager):
    """httpd uses another manager, so this one ends, without workers at once."""
    manager.control.sendall(frame(HANDOVER, flags=1))
    assert manager.process.wait(20) == 0


def test_a_successor_that_dies_after_it_has_answered_httpd(manager):
    hand_over(manager)
    manager.control.sendall(frame(HANDOVER, flags=1))
    assert manager.process.wait(20) == 0


@pytest.mark.parametrize("manager", [True], indirect=True)
def test_a_predecessor_that_sends_descriptors_with_anything(manager):
    assert manager.commit(b"malformed") == REFUSED
    before = manager.descriptors()
    for _ in range(10):
        manager.send(manager.other, frame(COMMAND, pairs()))
        manager.send(manager.other, frame(ROW, b"malformed"))
    assert manager.commit(b"malformed") == REFUSED
    wait_for(lambda: manager.descriptors() <= before, what=manager.descriptors)
