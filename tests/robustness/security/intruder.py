# SPDX-License-Identifier: Apache-2.0
"""A program that attempts everything that one user can do to the processes and files of another, and prints a JSON list
of the attempts that succeeded. It reads {"processes": [[pid, role] ...], "files": [...], "directories": [...]} from
standard input. test_other_users.py passes it to python3 -c, so it imports only the standard library.
"""
import contextlib
import ctypes
import json
import os
import resource
import socket
import sys

LIBC = ctypes.CDLL(None, use_errno=True)
PTRACE_SEIZE, PTRACE_DETACH = 0x4206, 17
PIDFD_OPEN, PIDFD_GETFD = 434, 438
succeeded = []


def attempt(name, function):
    """Record the name if the function neither raises an error nor returns a false value."""
    with contextlib.suppress(OSError, ValueError):
        if function() is not False:
            succeeded.append(name)


def call(function, *arguments):
    if function(*arguments) == -1:
        raise OSError(ctypes.get_errno(), "")
    return True


# Processes

class Piece(ctypes.Structure):
    _fields_ = [("base", ctypes.c_void_p), ("length", ctypes.c_size_t)]


def read_foreign_memory(pid):
    """process_vm_readv(2) of an address that every process of a program has: where this process has libc."""
    buffer = ctypes.create_string_buffer(8)
    here = Piece(ctypes.cast(buffer, ctypes.c_void_p), 8)
    there = Piece(ctypes.cast(LIBC.getpid, ctypes.c_void_p), 8)
    if LIBC.process_vm_readv(pid, ctypes.byref(here), 1, ctypes.byref(there), 1, 0) == -1 and (
            ctypes.get_errno() != 14):      # EFAULT: permitted, but nothing is mapped there
        raise OSError(ctypes.get_errno(), "")


def trace(pid):
    call(LIBC.ptrace, PTRACE_SEIZE, pid, None, None)
    LIBC.ptrace(PTRACE_DETACH, pid, None, None)


def take_descriptor(pid):
    descriptor = LIBC.syscall(PIDFD_OPEN, pid, 0)
    call(LIBC.syscall, PIDFD_GETFD, descriptor, 0, 0)


def read_some(path):
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY)
    try:
        return len(os.read(descriptor, 64)) > 0
    finally:
        os.close(descriptor)


def open_to_write(path):
    os.close(os.open(path, os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY))


def links(directory):
    return [os.readlink(directory + "/" + name) for name in os.listdir(directory)]


def attack_process(pid, role):
    proc = "/proc/%d/" % pid
    attempt(role + ": signal", lambda: os.kill(pid, 0))
    attempt(role + ": ptrace", lambda: trace(pid))
    attempt(role + ": memory", lambda: read_foreign_memory(pid))
    attempt(role + ": take a descriptor", lambda: take_descriptor(pid))
    attempt(role + ": limits", lambda: resource.prlimit(pid, resource.RLIMIT_NOFILE))
    attempt(role + ": affinity", lambda: os.sched_setaffinity(pid, os.sched_getaffinity(pid)))
    attempt(role + ": priority", lambda: os.setpriority(os.PRIO_PROCESS, pid, os.getpriority(os.PRIO_PROCESS, pid)))
    for name in ("mem", "maps", "smaps", "environ", "auxv", "io", "syscall", "stack", "pagemap", "personality",
                 "task/%d/environ" % pid, "task/%d/maps" % pid):
        attempt(role + ": read " + name, lambda: read_some(proc + name))
    for name in ("mem", "clear_refs", "coredump_filter", "oom_score_adj", "comm"):
        attempt(role + ": write " + name, lambda: open_to_write(proc + name))
    for name in ("cwd", "root", "exe"):
        attempt(role + ": follow " + name, lambda: os.readlink(proc + name))
    for name in ("fd", "map_files"):
        attempt(role + ": list " + name, lambda: links(proc + name))
    for number in range(64):
        attempt(role + ": read descriptor", lambda: read_some(proc + "fd/%d" % number))
        attempt(role + ": write descriptor", lambda: open_to_write(proc + "fd/%d" % number))


# Files

def connect(path):
    with socket.socket(socket.AF_UNIX) as peer:
        peer.settimeout(10)
        peer.connect(path)


def attack_file(path):
    attempt("connect " + path, lambda: connect(path))
    attempt("read " + path, lambda: read_some(path))
    attempt("write " + path, lambda: open_to_write(path))
    attempt("chmod " + path, lambda: os.chmod(path, os.stat(path).st_mode & 0o7777))
    attempt("chown " + path, lambda: os.chown(path, os.getuid(), -1, follow_symlinks=False))
    attempt("link " + path, lambda: os.link(path, path + ".link"))
    attempt("rename " + path, lambda: os.rename(path, path + ".renamed"))
    attempt("remove " + path, lambda: os.unlink(path))


def make_socket(path):
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)


def attack_directory(path):
    attempt("list " + path, lambda: os.listdir(path))
    attempt("make a file in " + path, lambda: open(path + "/intruder", "x").close())
    attempt("make a socket in " + path, lambda: make_socket(path + "/w.intruder"))
    attempt("make a link in " + path, lambda: os.symlink("/", path + "/link"))
    attempt("make a directory in " + path, lambda: os.mkdir(path + "/directory"))
    attempt("chmod " + path, lambda: os.chmod(path, 0o777))
    attempt("rename " + path, lambda: os.rename(path, path + ".renamed"))
    attempt("remove " + path, lambda: os.rmdir(path))


def main():
    targets = json.load(sys.stdin)
    for pid, role in targets["processes"]:
        attack_process(pid, role)
    for path in targets["files"]:
        attack_file(path)
    for path in targets["directories"]:
        attack_directory(path)
    print(json.dumps(sorted(set(succeeded))))


main()
