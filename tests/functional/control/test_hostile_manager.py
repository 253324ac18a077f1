# SPDX-License-Identifier: Apache-2.0
"""The commands' output for bytes from applications and from hostile managers."""
import json
import socket
import threading

import pytest
from control_site import Commands, groups

from pyw.wire import frame, pairs

ROW, DONE, REFUSED, END = 37, 38, 35, 4
NASTY = b'"\\\x00\x01\x1b[2J\t\x7f\x80\xff\xc3\xa9\xed\xa0\x80\xf0\x9f\x98\x80\xc2\x9b2J\xe2\x80\xae\n'
SHOWN = '"\\\x00\x01\x1b[2J\t\x7f\\x80\\xffé\\xed\\xa0\\x80😀\x9b2J\u202e\n'  # escaped as in the log
STEERING = [chr(code) for code in (*range(9), *range(11, 32), *range(0x7f, 0xa0), 0x202e, 0xfffd)]


def row(*items):
    return frame(ROW, pairs(*items))


class Impostor:
    """Answer one command with the given bytes."""

    def __init__(self, path, answer):
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(path))
        self.listener.listen()
        self.answer = answer
        self.thread = threading.Thread(target=self.serve)
        self.thread.start()

    def serve(self):
        client, _ = self.listener.accept()
        with client:
            client.recv(4096)
            client.sendall(self.answer)
        self.listener.close()


@pytest.fixture
def ask(make_httpd, tmp_path):
    commands = Commands(make_httpd(groups(app=""), start=False))

    def run(answer, *arguments):
        impostor = Impostor(tmp_path / "manager", answer)
        result = commands.run(*arguments, "--directory", str(tmp_path), directory=False)
        impostor.thread.join()
        (tmp_path / "manager").unlink()
        return result

    return run


GROUP = row((b"kind", b"group"), (b"name", NASTY), (b"state", b"running"), (b"application", NASTY),
            (b"reload-failed-at", NASTY), (b"reload-problem", NASTY * 100))
WORKER = row((b"kind", b"worker"), (b"pid", b"12x"), (b"served", b"99999999999999999999999"), (b"state", b"ready"),
             (b"request", NASTY), (b"request", b""))
BROKEN = row((b"kind", b"worker"), (b"state", NASTY), (b"problem", NASTY))


def test_the_json_is_valid_for_all_bytes(ask):
    status, output, _ = ask(row((b"kind", b"manager")) + GROUP + WORKER + GROUP + frame(DONE), "status", "--json")
    group, other = json.loads(output)["groups"]
    assert not [character for character in STEERING if character in output]
    assert status == 0 and group["name"] == SHOWN and group["applications"] == [SHOWN] and group["user"] is None
    assert group["reload_problem"] == SHOWN * 100 and group["health"] is None
    worker, = group["workers"]
    assert worker["requests"] == [SHOWN, ""] and worker["pid"] == 12 and other["workers"] == []


def test_the_table_sends_no_control_byte_to_the_terminal(ask):
    other = row((b"kind", b"group"), (b"name", NASTY[3:]))
    manager = row((b"kind", b"manager"), (b"version", NASTY), (b"server", NASTY), (b"directory", NASTY))
    status, output, _ = ask(manager + GROUP + WORKER + BROKEN + other + frame(DONE), "status")
    assert status == 0 and "\\x1b" in output and "é" in output and "😀" in output
    assert not [character for character in STEERING if character in output]


def test_columns_of_the_table_are_aligned_in_all_alphabets(ask):
    names = ["caf\u00e9", "\u0431\u043b\u043e\u0433", "blog"]
    lines = [row((b"kind", b"group"), (b"name", name.encode()), (b"state", b"running")) for name in names]
    status, output, _ = ask(row((b"kind", b"manager")) + b"".join(lines) + frame(DONE), "status")
    assert status == 0 and len({line.index("running") for line in output.splitlines() if "running" in line}) == 1


@pytest.mark.parametrize("answer, command, wanted", [
    (frame(REFUSED, NASTY), "reload", 1), (frame(DONE, NASTY), "reload", 0),
    (row((b"kind", b"stacks"), (b"pid", NASTY), (b"state", NASTY)) + frame(DONE), "stacks", 0),
    (frame(REFUSED, NASTY), "profile", 1)])
def test_words_of_the_manager_send_no_control_byte_either(ask, answer, command, wanted):
    status, output, errors = ask(answer, command, "app")
    assert status == wanted and "\\x1b" in output + errors and "é" in output + errors
    assert not [character for character in STEERING if character in output + errors]


@pytest.mark.parametrize("answer", [b"", b"\x04", frame(END), frame(DONE)[:5], frame(ROW, b"\xff\xff\xff\xff"),
                                    b"HTTP/1.1 400 Bad Request\r\n"])
def test_nonsense_fails(ask, answer):
    status, output, errors = ask(answer, "reload", "app")
    assert status == 1 and not output and errors.startswith("pywsgi: ")


def test_no_groups_at_all(ask):
    status, output, _ = ask(row((b"kind", b"manager")) + frame(DONE), "status", "--json")
    assert status == 0 and json.loads(output)["groups"] == []
