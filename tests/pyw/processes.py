# SPDX-License-Identifier: Apache-2.0
"""httpd's processes: their roles, their open files, and whether they have exited."""
import contextlib
import os
import pathlib
import signal

import psutil

from .wait import wait_for

GONE_SECONDS = 15

TCP_LISTEN = "0A"    # in /proc/net/tcp

# A larger mapping is only reserved address space, as the sanitizers reserve it.
RESERVED = 1 << 30


def descendants(pid):
    """Return the process and its running descendants."""
    found = existing([pid])
    for process in found:       # which grows
        found += children(process)
    return found


def children(process):
    """Return the children that each thread has. psutil's own function reads the state of all processes of the machine."""
    pids = []
    for thread in pathlib.Path("/proc/%d/task" % process.pid).glob("*/children"):
        with contextlib.suppress(OSError):      # the thread has ended
            pids += map(int, thread.read_text().split())
    return existing(pids)


def existing(pids):
    found = []
    for pid in pids:
        with contextlib.suppress(psutil.NoSuchProcess):
            found.append(psutil.Process(pid))
    return found


def program(process):
    try:
        return os.path.basename(os.readlink("/proc/%d/exe" % process.pid)).replace(" (deleted)", "")
    except OSError:
        return ""


def title(process):
    try:
        return " ".join(process.cmdline())
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return ""


def is_template(process):
    """Return whether the process forks workers instead of serving."""
    try:
        with open("/proc/%d/comm" % process.pid) as file:
            return file.read().strip() == "pywsgi-template"
    except OSError:
        return False


def manager(httpd_pid):
    """Return pywsgid's manager, or None."""
    found = [child for child in children(psutil.Process(httpd_pid)) if program(child) == "pywsgid"]
    assert len(found) <= 1, "more than one manager: %s" % found
    return found[0] if found else None


def httpd_children(httpd_pid):
    own = program(psutil.Process(httpd_pid))
    return [child for child in children(psutil.Process(httpd_pid)) if program(child) == own]


def is_running(process):
    """Return whether the process exists and is not a zombie."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def is_zombie(process):
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def wait_gone(processes, seconds=GONE_SECONDS):
    wait_for(lambda: not any(is_running(process) for process in processes), seconds,
             "end of %s" % [(process.pid, title(process)) for process in processes if is_running(process)])


def assert_gone(processes, seconds=GONE_SECONDS):
    wait_gone(processes, seconds)


def is_stopped(thread):
    try:
        return ") T " in (thread / "stat").read_text()
    except OSError:     # it has ended
        return True


def stop(pid):
    """Send SIGSTOP and wait until every thread has stopped: a thread on another core runs on for a moment."""
    os.kill(pid, signal.SIGSTOP)
    wait_for(lambda: all(map(is_stopped, pathlib.Path("/proc/%d/task" % pid).iterdir())))


def kill(processes):
    """Kill the processes, at the end of a failed test only."""
    for process in processes:
        try:
            process.kill()
        except psutil.NoSuchProcess:
            pass


def descriptors(pid):
    """Return {descriptor: target}."""
    result = {}
    for name in os.listdir("/proc/%d/fd" % pid):
        try:
            result[int(name)] = os.readlink("/proc/%d/fd/%s" % (pid, name))
        except OSError:
            continue
    return result


def clients(httpd_pid):
    """Return the TCP connections of httpd's children."""
    with open("/proc/net/tcp") as table:
        rows = [line.split() for line in list(table)[1:]]
    connections = {"socket:[%s]" % row[9] for row in rows if row[3] != TCP_LISTEN}
    with contextlib.suppress(OSError, psutil.NoSuchProcess):
        return [path for child in httpd_children(httpd_pid) for path in descriptors(child.pid).values()
                if path in connections]
    return []


def descriptor_count(pid):
    return len(descriptors(pid))


def position(pid, fd):
    """Return the offset of an open file; 0: it is closed."""
    with contextlib.suppress(FileNotFoundError), open("/proc/%d/fdinfo/%d" % (pid, fd)) as file:
        return int(file.read().split()[1])
    return 0


def maps(pid):
    """Return the files that a process has mapped."""
    with open("/proc/%d/maps" % pid) as file:
        return {line.split(None, 5)[5].strip() for line in file if len(line.split(None, 5)) == 6}


def environment(pid):
    with open("/proc/%d/environ" % pid, "rb") as file:
        return dict(entry.split(b"=", 1) for entry in file.read().split(b"\0") if b"=" in entry)


def read_memory(pid):
    """Yield the bytes of each readable private mapping. Needs root, or a process of the same user."""
    with open("/proc/%d/maps" % pid) as maps_file, open("/proc/%d/mem" % pid, "rb", 0) as memory:
        for line in maps_file:
            span, permissions = line.split()[:2]
            first, last = (int(part, 16) for part in span.split("-"))
            if "r" not in permissions or "[v" in line or last - first > RESERVED:
                continue
            try:
                memory.seek(first)
                yield memory.read(last - first)
            except (OSError, ValueError, OverflowError):
                continue
