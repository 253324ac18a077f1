# SPDX-License-Identifier: Apache-2.0
"""Memory, descriptors and files of a server's processes, sampled while it is idle between two rounds of traffic."""
import collections
import dataclasses
import statistics

import psutil

from pyw import processes

WARM_UP = 10_000        # requests of a process, during which its memory may grow
ENOUGH = 20_000         # requests after that, below which allocators make more difference than a leak
SAMPLES = 4             # fewer show no direction of a count


@dataclasses.dataclass
class Sample:
    requests: int       # since the process started
    kib: int
    descriptors: int


class Growth:
    def __init__(self, server):
        self.server = server
        self.samples = collections.defaultdict(list)     # (role, pid) -> [Sample]
        self.files = []

    def sample(self, requests):
        """`requests`: {prefix of a process group or of /embedded: requests of this round}."""
        for role, process in self.processes():
            earlier = self.samples[role, process.pid]
            served = requests["/" + role] if "/" + role in requests else sum(requests.values())
            before = earlier[-1].requests if earlier else 0
            earlier.append(Sample(before + served, private_kib(process.pid), processes.descriptor_count(process.pid)))
        self.files.append(sum(1 for path in self.server.root.rglob("*") if "__pycache__" not in path.parts))

    def processes(self):
        """Yield (role, process): the name of its process group is the role of a worker."""
        yield "parent", psutil.Process(self.server.process.pid)
        yield "manager", self.server.manager()
        for child in self.server.children():
            yield "child", child
        for group in self.server.group_status():
            for worker in group["workers"]:
                yield group["name"], psutil.Process(worker["pid"])

    def rows(self):
        """Yield (role, pid, requests, KiB at the end, KiB for 10,000 requests or None, descriptors)."""
        for (role, pid), samples in self.samples.items():
            yield role, pid, samples[-1].requests, samples[-1].kib, rate(samples), samples[-1].descriptors

    def table(self):
        lines = ["", "| process | pid | requests | MiB | KiB for 10,000 requests | descriptors |",
                 "|---|--:|--:|--:|--:|--:|"]
        for role, pid, requests, kib, growth, descriptors in self.rows():
            lines.append("| %s | %d | %d | %.1f | %s | %d |" % (
                role, pid, requests, kib / 1024, "" if growth is None else "%+.0f" % growth, descriptors))
        return "\n".join([*lines, "files: %d at first, %d at last" % (self.files[0], self.files[-1])])

    def faults(self, limit):
        """Return a line for each process that grows by more than `limit` KiB for 10,000 requests, or by descriptors."""
        found = ["%s %d grows by %.0f KiB for 10,000 requests" % (role, pid, growth)
                 for role, pid, _, _, growth, _ in self.rows() if growth is not None and growth > limit]
        found += ["%s %d: descriptors %s" % (*key, [sample.descriptors for sample in samples])
                  for key, samples in self.samples.items() if rises([sample.descriptors for sample in samples])]
        return found + (["files: %s" % self.files] if rises(self.files) else [])


def private_kib(pid):
    with open("/proc/%d/status" % pid) as status:
        return next(int(line.split()[1]) for line in status if line.startswith("RssAnon:"))


def rate(samples):
    """Return the slope of the memory after the warm-up, in KiB for 10,000 requests. None: too few requests."""
    warm = [sample for sample in samples if sample.requests >= WARM_UP]
    if len(warm) < SAMPLES or warm[-1].requests - warm[0].requests < ENOUGH:
        return None
    return 10_000 * statistics.linear_regression([sample.requests for sample in warm],
                                                 [sample.kib for sample in warm]).slope


def rises(counts):
    """Return whether each of the later counts is above all earlier ones. Kept connections let them vary."""
    half = len(counts) // 2
    return len(counts) >= SAMPLES and min(counts[half:]) > max(counts[:half])
