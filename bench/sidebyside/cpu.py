# SPDX-License-Identifier: Apache-2.0
"""CPU time and memory of process trees, from /proc."""
import os

TICK = 1.0 / os.sysconf("SC_CLK_TCK")


def _stat(pid):
    """Return (parent, ticks of the process and of its reaped children), or None if it does not exist."""
    try:
        with open("/proc/%d/stat" % pid) as file:
            fields = file.read().rpartition(")")[2].split()
    except OSError:
        return None
    return int(fields[1]), sum(int(ticks) for ticks in fields[11:15])


def _all():
    pids = (int(name) for name in os.listdir("/proc") if name.isdigit())
    return {pid: stat for pid, stat in ((pid, _stat(pid)) for pid in pids) if stat}


def tree(roots, table=None):
    """Return the pids of `roots` and of all their descendants."""
    table = table or _all()
    children = {}
    for pid, (parent, _) in table.items():
        children.setdefault(parent, []).append(pid)
    found, open_ends = [], [pid for pid in roots if pid in table]
    while open_ends:
        pid = open_ends.pop()
        found.append(pid)
        open_ends += children.get(pid, [])
    return found


def seconds(roots):
    """Return the CPU seconds of the trees so far. Reaped processes are included, and none counts twice."""
    table = _all()
    return sum(table[pid][1] for pid in tree(roots, table)) * TICK


def memory(roots):
    """Return [(name, pid, private KiB, proportional KiB)] of each process of the trees."""
    rows = []
    for pid in tree(roots):
        try:
            with open("/proc/%d/comm" % pid) as file:
                name = file.read().strip()
            with open("/proc/%d/smaps_rollup" % pid) as file:
                sizes = dict(line.split()[:2] for line in file.readlines()[1:])
        except (OSError, ValueError):
            continue
        own = int(sizes["Private_Clean:"]) + int(sizes["Private_Dirty:"])
        rows.append((name, pid, own, int(sizes["Pss:"])))
    return rows
