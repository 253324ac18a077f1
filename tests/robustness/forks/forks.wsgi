# SPDX-License-Identifier: Apache-2.0
"""An application that forks in every way, and reports how its children end."""
import atexit
import concurrent.futures
import ctypes
import logging
import multiprocessing
import os
import signal
import socket
import stat
import subprocess
import sys
import threading
import time

import jobs
from support import dispatcher, note, note_of, plain, query, wait_for_file

logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(threadName)s %(message)s")
CHILD_SECONDS = 20
atexit.register(lambda: note("exit-functions", str(os.getpid())))


def wait(pid):
    """Return how the child ended; kill a child that hangs."""
    deadline = time.monotonic() + CHILD_SECONDS
    while time.monotonic() < deadline:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            return "exit %d" % os.WEXITSTATUS(status) if os.WIFEXITED(status) else "signal %d" % os.WTERMSIG(status)
        time.sleep(0.005)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return "hung"


def in_child(function):
    """Return the result of function() in a forked process."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reading)
        os.write(writing, str(function()).encode())
        os._exit(0)
    os.close(writing)
    with open(reading, "rb") as file:
        text = file.read().decode()
    return "%s; %s" % (text, wait(pid))


# Children that return

def returns(environ, start_response):
    pid = os.fork()
    if pid == 0:
        return [b"never seen"]
    return plain(start_response, wait(pid))


def exits(environ, start_response):
    code = {"none": None, "text": "a word at the end"}.get(query(environ, "code"), 3)
    pid = os.fork()
    if pid == 0:
        sys.exit(code)
    return plain(start_response, wait(pid))


def raises(environ, start_response):
    pid = os.fork()
    if pid == 0:
        raise ValueError("of the child")
    return plain(start_response, wait(pid))


def iterates(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    yield b"first "
    pid = os.fork()
    if pid == 0:
        yield b"never seen"
    yield wait(pid).encode()


class closes:
    """Forks in close(), when nothing can be sent any more."""

    def __init__(self, environ, start_response):
        self.environ = environ
        start_response("200 OK", [("Content-Type", "text/plain")])

    def __iter__(self):
        return iter([b"ok"])

    def close(self):
        pid = os.fork()
        if pid != 0:
            note_of(self.environ, wait(pid))


class counts:
    """Forks in __iter__ and in __len__, the number of blocks."""

    def __init__(self, environ, start_response):
        self.environ = environ
        self.ends = set()
        start_response("200 OK", [("Content-Type", "text/plain")])

    def fork(self, name):
        pid = os.fork()
        if pid != 0:
            self.ends.add("%s: %s" % (name, wait(pid)))

    def __iter__(self):
        self.fork("iter")
        return iter([b"ok"])

    def __len__(self):
        self.fork("len")
        return 1

    def close(self):
        note_of(self.environ, " ".join(sorted(self.ends)))


class ForkingFile:
    """Forks in read() and close()."""

    def __init__(self, environ):
        self.environ = environ
        self.ends = []

    def read(self, size=-1):
        pid = os.fork()
        self.ends.append(wait(pid) if pid else "never seen")
        return self.ends[0].encode() if len(self.ends) == 1 else b""

    def close(self):
        pid = os.fork()
        if pid != 0:
            note_of(self.environ, " ".join([*self.ends, wait(pid)]))


def wraps(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return environ["wsgi.file_wrapper"](ForkingFile(environ))


def writes(environ, start_response):
    write = start_response("200 OK", [("Content-Type", "text/plain")])
    pid = os.fork()
    if pid == 0:
        write(b"never seen")
        os._exit(9)
    write(wait(pid).encode())
    return []


def starts(environ, start_response):
    pid = os.fork()
    if pid == 0:
        start_response("200 OK", [])
        os._exit(9)
    return plain(start_response, wait(pid))


def reports(environ, start_response):
    """Like a framework that catches all exceptions."""
    pid = os.fork()
    try:
        if pid == 0:
            raise ValueError("of the child")
    except ValueError:
        start_response("500 Internal Server Error", [], sys.exc_info())
        os._exit(9)
    return plain(start_response, wait(pid))


def reads(environ, start_response):
    def read():
        try:
            return environ["wsgi.input"].read()
        except OSError as error:
            return "OSError"

    text = in_child(read)
    return plain(start_response, "%s; %s" % (text, environ["wsgi.input"].read().decode()))


def in_thread(environ, start_response):
    """A thread of the application forks, and its function ends in the child."""
    statuses = []

    def run():
        pid = os.fork()
        if pid != 0:
            statuses.append(wait(pid))

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    return plain(start_response, statuses[0])


def library(environ, start_response):
    """Fork like a C library: Python does not know about it."""
    pid = ctypes.PyDLL(None).fork()
    if pid == 0:
        return [b"never seen"]
    return plain(start_response, wait(pid))


def library_exits(environ, start_response):
    pid = ctypes.PyDLL(None).fork()
    if pid == 0:
        ctypes.PyDLL(None).exit(5)
    return plain(start_response, wait(pid))


def refused(environ, start_response):
    """Return the errors of functions that cannot fork."""
    answers = []
    for fork in (os.fork, os.forkpty, multiprocessing.get_context("fork").Process(target=jobs.succeed).start,
                 lambda: os.spawnv(os.P_WAIT, "/bin/true", ["true"]),
                 lambda: subprocess.run(["true"], preexec_fn=os.getpid)):
        try:
            fork()
        except RuntimeError as error:
            answers.append(str(error))
    return plain(start_response, "\n".join(answers))


# Children that run concurrently

def background(environ, start_response):
    pid = os.fork()
    if pid == 0:
        wait_for_file(query(environ, "go"))
        sys.exit(0)
    return plain(start_response, pid)


def slow(environ, start_response):
    time.sleep(0.3)
    return plain(start_response, query(environ, "n"))


def prints(environ, start_response):
    name = query(environ, "name")

    def run():
        print(name, "print")
        sys.stdout.write(name + " half ")
        sys.stdout.write("and half\n")
        logging.info("%s logging", name)
        environ["wsgi.errors"].write(name + " errors\n")
        print(name, "x" * 6000, "long")
        sys.stdout.flush()
        return "printed"

    print(name, "begins ", end="")
    text = in_child(run)
    print("ends")
    return plain(start_response, text)


def floods(environ, start_response):
    def run():
        for number in range(20000):
            print("flood", number, "." * 80)
        return "printed"

    return plain(start_response, in_child(run))


def local_time(environ, start_response):
    """Return how children end that print while another thread looks up local time, without the GIL, all the time."""
    library, is_over = ctypes.CDLL(None), []
    moment, day = ctypes.byref(ctypes.c_long(1)), ctypes.create_string_buffer(100)

    def look():
        while not is_over:  # lfind(3) calls it once for each element of an array whose elements are the same
            library.lfind(moment, day, ctypes.byref(ctypes.c_size_t(1000000)), ctypes.c_size_t(0), library.localtime_r)

    threads = [threading.Thread(target=look) for _ in range(2)]
    for each in threads:
        each.start()
    ends = set()
    for _ in range(10):
        pid = os.fork()
        if pid == 0:
            print("a child prints")
            os._exit(0)
        ends.add(wait(pid))
        if ends != {"exit 0"}:
            break
    is_over.append(1)
    for each in threads:
        each.join()
    return plain(start_response, sorted(ends))


def terminal(environ, start_response):
    """Return the bytes that a child writes to, and reads from, the terminal of os.forkpty()."""
    errors = environ["wsgi.errors"]
    pid, descriptor = os.forkpty()
    if pid == 0:
        print("heard", sys.stdin.readline().strip())
        sys.stderr.write("an error\n")
        logging.info("to the log")
        errors.write("to the log\n")
        os._exit(0)
    os.write(descriptor, b"a word\n")
    text = b""
    try:
        while True:
            text += os.read(descriptor, 1000)
    except OSError:
        os.close(descriptor)
    return plain(start_response, text.decode() + wait(pid))


def memory(environ, start_response):
    """Return the unnamed files that a child still has open."""
    def run():
        paths = [os.readlink(entry.path) for entry in os.scandir("/proc/self/fd") if entry.is_symlink()]
        return [path for path in paths if path.startswith("/memfd:")]

    return plain(start_response, in_child(run))


def sockets(environ, start_response):
    """Return the sockets that a child still has open, apart from its own pipe."""
    def run():
        found = []
        for name in os.listdir("/proc/self/fd"):
            try:
                if int(name) > 2 and stat.S_ISSOCK(os.fstat(int(name)).st_mode):
                    connection = socket.socket(fileno=os.dup(int(name)))
                    found.append((name, connection.getsockname()))
            except OSError:
                pass
        return found

    return plain(start_response, in_child(run))


# Signals

def signal_state(environ, start_response):
    """Return the blocked and caught signals of a child, by the way in which it was started."""
    return plain(start_response, "\n".join("%s %s" % (name, way()) for name, way in WAYS.items()))


def without_faults(blocked, caught):
    """Without SIGSEGV, which grep catches, too, and the two signals of the C library."""
    faults = (signal.SIGSEGV, signal.SIGBUS, signal.SIGABRT, signal.SIGFPE, signal.SIGILL)
    expected = sum(1 << (number - 1) for number in faults) | 3 << 31
    return "%x %x" % (int(blocked, 16), int(caught, 16) & ~expected)


def state():
    with open("/proc/self/status") as file:
        lines = dict(line.split(":", 1) for line in file)
    return without_faults(lines["SigBlk"], lines["SigCgt"])


GREP = ["/bin/grep", "-h", "SigBlk\\|SigCgt", "/proc/self/status"]


def parse(text):
    return without_faults(*(line.split()[1] for line in text.splitlines()))


def from_pipe(start):
    """start(number of the inherited writing end of a pipe) -> a process id"""
    reading, writing = os.pipe()
    os.set_inheritable(writing, True)
    pid = start(writing)
    os.close(writing)
    with open(reading) as file:
        text = file.read()
    if pid:
        wait(pid)
    return parse(text)


def by_posix_spawn(spawn, program):
    return from_pipe(lambda fd: spawn(program, GREP, os.environ, file_actions=[(os.POSIX_SPAWN_DUP2, fd, 1)]))


def by_system():
    def start(fd):
        os.system("exec %s '%s' %s >/dev/fd/%d" % (" ".join(GREP[:2]), GREP[2], GREP[3], fd))

    return from_pipe(start)


WAYS = {
    "fork": lambda: in_child(state).split(";")[0],
    "run": lambda: parse(subprocess.run(GREP, stdout=subprocess.PIPE, text=True).stdout),
    "open": lambda: parse(subprocess.run(GREP, stdout=subprocess.PIPE, text=True, close_fds=False).stdout),
    "preexec": lambda: parse(subprocess.run(GREP, stdout=subprocess.PIPE, text=True, preexec_fn=os.getpid).stdout),
    "popen": lambda: parse(os.popen("exec %s '%s' %s" % (" ".join(GREP[:2]), GREP[2], GREP[3])).read()),
    "posix_spawn": lambda: by_posix_spawn(os.posix_spawn, GREP[0]),
    "posix_spawnp": lambda: by_posix_spawn(os.posix_spawnp, "grep"),
    "system": by_system,
}


def own_mask(environ, start_response):
    subprocess.run(["true"], check=True)
    os.system("true")
    return plain(start_response, signal.SIGTERM in signal.pthread_sigmask(signal.SIG_BLOCK, ()))


def timeout(environ, start_response):
    return plain(start_response, subprocess.run(["timeout", "0.2", "sleep", "30"]).returncode)


def system(environ, start_response):
    return plain(start_response, "%d %d" % (os.system("exit 3") >> 8, os.system("kill -TERM $$") & 127))


def handler(environ, start_response):
    """signal.signal works in a child, which has its own main thread."""
    def run():
        caught = []
        before = signal.signal(signal.SIGTERM, lambda number, frame: caught.append(number))
        os.kill(os.getpid(), signal.SIGTERM)
        signal.signal(signal.SIGTERM, before)
        return caught

    return plain(start_response, in_child(run))


def run_true(environ, start_response):
    return plain(start_response, subprocess.run(["true"]).returncode)


# multiprocessing

def process(environ, start_response):
    logging.info("before the job")
    context = multiprocessing.get_context(query(environ, "method"))
    child = context.Process(target=getattr(jobs, query(environ, "job")))
    child.start()
    child.join(CHILD_SECONDS)
    return plain(start_response, child.exitcode)


def terminate(environ, start_response):
    child = multiprocessing.get_context(query(environ, "method")).Process(target=jobs.wait_for_term)
    child.start()
    child.terminate()
    child.join(CHILD_SECONDS)
    return plain(start_response, child.exitcode)


def killed_at_once(environ, start_response):
    """Return how many children ended by which signal. Each is sent SIGTERM as soon as it exists."""
    ends = {}
    while sum(ends.values()) < 100 and list(ends) in ([], [signal.SIGTERM]):
        pid = os.fork()
        if pid == 0:
            time.sleep(CHILD_SECONDS)
            os._exit(0)
        os.kill(pid, signal.SIGTERM)
        number = os.WTERMSIG(os.waitpid(pid, 0)[1])
        ends[number] = ends.get(number, 0) + 1
    return plain(start_response, ends)


def pool(environ, start_response):
    with multiprocessing.get_context(query(environ, "method")).Pool(2) as workers:
        squares = workers.map(jobs.square, range(4))
    return plain(start_response, squares)


def executor(environ, start_response):
    context = multiprocessing.get_context(query(environ, "method"))
    with concurrent.futures.ProcessPoolExecutor(2, mp_context=context) as workers:
        squares = list(workers.map(jobs.square, range(4)))
    return plain(start_response, squares)


# Threads

def thread(environ, start_response):
    current = threading.current_thread()
    known = [each.name for each in threading.enumerate()]
    return plain(start_response, "%s %s %s %s" % (current.name, type(current).__name__, current in
                                                  threading.enumerate() and current.is_alive(), known))


def thread_of_child(environ, start_response):
    logging.info("this thread has a name")

    def run():
        return "%s %s %s" % (threading.main_thread() is threading.current_thread(), threading.main_thread().name,
                             [each.name for each in threading.enumerate()])

    return plain(start_response, in_child(run))


application = dispatcher({name: function for name, function in list(globals().items()) if callable(function)})
