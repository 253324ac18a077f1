# SPDX-License-Identifier: Apache-2.0
"""Metrics of a process, for applications that send them to a monitoring system.

Nothing is measured before the first call of one of the functions. Requests are counted for each interpreter.
"""
import os
import threading
import time

from pywsgi import _events, _requests

_PHASES = ("server_time", "queue_time", "daemon_time", "application_time", "request_time", "input_read_time",
           "output_write_time", "gil_wait_time")
_DAEMON_PHASES = ("queue_time", "daemon_time")
_TOTALS = ("input_length", "input_reads", "output_length", "output_writes", "gil_wait_count")

threads_maximum = 1

_lock = threading.Lock()
_sample = None  # of the current interval; None: nothing is recorded
_running = {}  # thread id -> start of its request
_scoreboard = None  # of httpd, as text
_busy_time = 0.0  # of all requests since the recording began


def _bucket(seconds):
    """Return the index of a duration among 16 octaves of four buckets, from 1 ms on, and one for all above."""
    milliseconds = seconds * 1000
    if milliseconds < 1:
        return 0
    octave = int(milliseconds).bit_length() - 1
    return min(4 * octave + int(4 * (milliseconds / (1 << octave) - 1)), 64)


class _Phase:
    """The seconds that requests spent in a phase."""

    def __init__(self):
        self.count, self.sum = 0, 0.0
        self.least = self.most = None
        self.buckets = [0] * 65

    def add(self, seconds):
        self.count += 1
        self.sum += seconds
        self.least = seconds if self.least is None else min(self.least, seconds)
        self.most = seconds if self.most is None else max(self.most, seconds)
        self.buckets[_bucket(seconds)] += 1

    def describe(self, name):
        mean = self.sum / self.count if self.count else 0.0
        return {name: None if name in _DAEMON_PHASES and _events.is_embedded else mean,
                name + "_min_us": None if self.least is None else int(self.least * 1e6),
                name + "_max_us": None if self.most is None else int(self.most * 1e6),
                name + "_buckets": self.buckets}


class _Sample:
    """The requests that ended in an interval."""

    def __init__(self, cpu):
        self.start = time.time()
        self.cpu = cpu
        self.count = 0
        self.phases = {name: _Phase() for name in _PHASES}
        self.totals = dict.fromkeys(_TOTALS, 0)
        self.classes = [0] * 5
        self.completed = [0] * threads_maximum
        self.busy = [0.0] * threads_maximum
        self.cpu_times = [0.0] * threads_maximum
        self.longest = [0.0] * threads_maximum

    def add(self, event):
        self.count += 1
        for name, value in _measure(event).items():
            self.phases[name].add(value)
        for name in _TOTALS:
            self.totals[name] += event[name]
        self.classes[(event["status"] or 500) // 100 - 1] += 1
        slot = event["thread_id"] - 1
        if 0 <= slot < threads_maximum:
            self.completed[slot] += 1
            self.busy[slot] += event["application_finish"] - max(event["application_start"], self.start)
            self.cpu_times[slot] += event["cpu_time"]
            self.longest[slot] = max(self.longest[slot], event["application_time"])


def _measure(event):
    """Return the seconds that a request spent in each phase."""
    start, finish = event["request_start"], event["application_finish"]
    phases = {"server_time": (event["queue_start"] or event["application_start"]) - start,
              "application_time": event["application_time"], "request_time": finish - start,
              "input_read_time": event["input_time"], "output_write_time": event["output_time"],
              "gil_wait_time": event["gil_wait_time"]}
    if event["queue_start"]:
        phases["queue_time"] = event["daemon_start"] - event["queue_start"]
        phases["daemon_time"] = event["application_start"] - event["daemon_start"]
    return {name: max(value, 0.0) for name, value in phases.items()}


def _record(name, **event):
    global _busy_time
    if name == "request_started":
        _running[event["thread_id"]] = event["application_start"]
    elif name == "request_finished":
        with _lock:
            _running.pop(event["thread_id"], None)
            _busy_time += event["application_time"]
            _sample.add(event)


def start_recording_metrics():
    """Measure requests from now on, for request_metrics() and process_metrics(). Further calls have no effect."""
    global _sample
    with _lock:
        if _sample is None:
            _sample = _Sample(os.times())
            _events.event_callbacks.append(_record)


def _memory():
    import resource

    with open("/proc/self/statm", "rb") as file:
        pages = int(file.read().split()[1])
    return {"memory_rss": pages * resource.getpagesize(),
            "memory_max_rss": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}


def _describe_threads(sample, now):
    """The threads of httpd or of a worker, one after the other."""
    elapsed, busy = [0.0] * threads_maximum, sample.busy[:]
    for number, start in _running.copy().items():
        if 0 < number <= threads_maximum:
            elapsed[number - 1] = max(now - start, 0.0)
            busy[number - 1] += max(now - max(start, sample.start), 0.0)
    active = sum(1 for count, time_ in zip(sample.completed, elapsed) if count or time_)
    return {"request_threads_maximum": threads_maximum, "request_threads_started": len(_requests.thread_counts()),
            "request_threads_active": active, "request_threads_completed": sample.completed,
            "request_threads_buckets": sample.completed, "request_threads_busy_time": busy,
            "request_threads_cpu_time": sample.cpu_times, "request_threads_current_elapsed": elapsed,
            "request_threads_max_duration": sample.longest}


def _describe_cpu(before, after, period):
    user, system = (after[0] - before[0]) / period, (after[1] - before[1]) / period
    return {"cpu_user_utilization": user, "cpu_system_utilization": system, "cpu_utilization": user + system,
            "cpu_user_time": user, "cpu_system_time": system, "cpu_time": user + system}


def request_metrics():
    """Return metrics of the requests that ended since the previous call. The first call begins the recording."""
    global _sample
    if _sample is None:
        start_recording_metrics()
        return {}
    cpu = os.times()
    with _lock:
        sample, _sample = _sample, _Sample(cpu)
    now = _sample.start
    period = max(now - sample.start, 1e-6)
    metrics = {"pid": os.getpid(), "start_time": sample.start, "stop_time": now, "sample_period": period,
               "request_count": sample.count, "request_throughput": sample.count / period,
               "input_bytes": sample.totals["input_length"], "input_reads": sample.totals["input_reads"],
               "output_bytes": sample.totals["output_length"], "output_writes": sample.totals["output_writes"],
               "gil_wait_count": sample.totals["gil_wait_count"]}
    metrics.update(("status_%dxx" % (number + 1), count) for number, count in enumerate(sample.classes))
    metrics.update(_describe_threads(sample, now), **_describe_cpu(sample.cpu, cpu, period), **_memory())
    metrics["capacity_utilization"] = sum(metrics["request_threads_busy_time"]) / (period * threads_maximum)
    for name, phase in sample.phases.items():
        metrics.update(phase.describe(name))
    return metrics


def _process_start():
    with open("/proc/self/stat", "rb") as file:
        ticks = int(file.read().rpartition(b")")[2].split()[19])
    return time.time() - time.clock_gettime(time.CLOCK_BOOTTIME) + ticks / os.sysconf("SC_CLK_TCK")


def process_metrics():
    """Return totals of the process. request_busy_time counts from the first call of a function of this module."""
    start_recording_metrics()
    cpu, now, start, counts = os.times(), time.time(), _process_start(), _requests.thread_counts()
    return {"pid": os.getpid(), "restart_time": start, "current_time": now, "running_time": int(now - start),
            "request_count": sum(counts), "request_busy_time": _busy_time, "request_threads": len(counts),
            "active_requests": _requests.count_running(), "cpu_user_time": cpu[0], "cpu_system_time": cpu[1],
            "cpu_time": cpu[0] + cpu[1], **_memory(),
            "threads": [{"thread_id": number, "request_count": count} for number, count in enumerate(counts, 1)]}


def take_scoreboard(text):
    """The engine calls this when httpd has sent its scoreboard with a request (httpd/scoreboard.c)."""
    global _scoreboard
    _scoreboard = text


def server_metrics():
    """Return httpd's scoreboard as of a recent request, or None without server-metrics=On or WSGIServerMetrics On."""
    if _scoreboard is None:
        return None
    lines = iter(_scoreboard.split("\n"))
    server_limit, thread_limit, generation, restart_time, now = map(int, next(lines).split("\t"))
    processes = [_process_of(lines, number, thread_limit) for number in range(server_limit)]
    return {"server_limit": server_limit, "thread_limit": thread_limit, "running_generation": generation,
            "restart_time": restart_time / 1e6, "current_time": now / 1e6,
            "running_time": (now - restart_time) // 1000000, "processes": processes}


def _process_of(lines, number, threads):
    pid, generation, quiescing = map(int, next(lines).split("\t"))
    return {"process_num": number, "pid": pid, "generation": generation, "quiescing": bool(quiescing),
            "workers": [_worker_of(next(lines)) for _ in range(threads)]}


def _worker_of(line):
    number, generation, status, accesses, sent, start, stop, last, client, request, vhost = line.split("\t")
    return {"thread_num": int(number), "generation": int(generation), "status": status,
            "access_count": int(accesses), "bytes_served": int(sent), "start_time": int(start) / 1e6,
            "stop_time": int(stop) / 1e6, "last_used": int(last) / 1e6, "client": client, "request": request,
            "vhost": vhost}
