# SPDX-License-Identifier: Apache-2.0
"""Commands for gdb, in a child of httpd or its core:

    (gdb) source tools/gdb/pywsgi.py
    (gdb) pywsgi requests     the requests in flight of all children; "*": on a thread of this process
    (gdb) pywsgi queue        the process groups: their state, workers and tickets

They only read memory, so they work while another process holds the lock of a group's table.
"""
import gdb

QUEUE_END = -1


def variable(name):
    """Return the value of a static or global variable of mod_pywsgi.so."""
    symbol = gdb.lookup_static_symbol(name) or gdb.lookup_global_symbol(name)
    if symbol is None:
        raise gdb.GdbError("no symbol %s: mod_pywsgi.so is not loaded, or has no debugging symbols" % name)
    return symbol.value()


def number(value):
    """Return a member that may be atomic as a number."""
    return int(value.cast(value.type.unqualified().strip_typedefs()))


def phase_name(phase):
    return gdb.parse_and_eval("pyw_board_phase_name::names")[number(phase)].string()


def state_name(state):
    return gdb.parse_and_eval("'src/shm/group_state.c'::states")[number(state)]["name"].string()


def text(array):
    return array.string("utf-8", "backslashreplace")


def print_table(rows):
    widths = [max(map(len, column)) for column in zip(*rows)]
    for row in rows:
        gdb.write("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() + "\n")


def requests():
    """Yield a row for each request in flight."""
    child = variable("pyw_httpd_child")
    board, series = child["board"].dereference(), child["series"].dereference()["series"]
    own = {thread.ptid[0] for thread in gdb.selected_inferior().threads()}
    for index in range(number(board["capacity"])):
        entry = board["entries"][index]
        owner, phase = number(entry["owner"]), phase_name(entry["phase"])
        if owner == 0 or phase == "idle":
            continue
        request = entry["request"]
        yield ["*" if owner in own else "", str(owner), hex(number(entry["thread"])), phase,
               text(series[number(request["series"])]["group"]), str(number(entry["worker"])), text(request["id"]), text(request["client"]),
               text(request["method"]), text(request["url"])]


def queue(slots):
    """Return the indices of the tickets that wait, in their order."""
    indices, index = [], number(slots["queue_first"])
    while index != QUEUE_END and len(indices) < number(slots["ticket_capacity"]):
        indices.append(index)
        index = number(slots["tickets"][index]["next"])
    return indices


def tickets(slots):
    """Yield a row for each ticket in use: the waiting ones first, in their order."""
    waiting = queue(slots)
    others = [index for index in range(number(slots["ticket_capacity"])) if index not in waiting]
    for index in waiting + others:
        ticket = slots["tickets"][index]
        if number(ticket["state"]) != 0:
            yield ["", str(index), str(ticket["state"]).removeprefix("PYW_TICKET_").lower(), str(number(ticket["owner"])),
                   str(number(ticket["pid"])), "high" if number(ticket["is_high"]) else ""]


def groups():
    """Yield the name and the table of each process group with one."""
    array = variable("main_config").dereference()["groups"].dereference()
    members = array["elts"].cast(gdb.lookup_type("pyw_group").pointer().pointer())
    for index in range(int(array["nelts"])):
        group = members[index].dereference()
        if group["slots"] != 0:
            yield group["options"].dereference()["name"].string(), group["slots"].dereference()


class Pywsgi(gdb.Command):
    """State of mod_pywsgi in a child of httpd: pywsgi requests, pywsgi queue."""

    def __init__(self):
        super().__init__("pywsgi", gdb.COMMAND_DATA, prefix=True)


class Requests(gdb.Command):
    """The requests in flight of all children of httpd. "*": on a thread of this process."""

    def __init__(self):
        super().__init__("pywsgi requests", gdb.COMMAND_DATA)

    def invoke(self, argument, from_tty):
        print_table([["", "child", "thread", "phase", "group", "worker", "id", "client", "method", "url"], *requests()])


class Queue(gdb.Command):
    """The process groups: state and workers as the manager has written them, and the tickets in the queue's table."""

    def __init__(self):
        super().__init__("pywsgi queue", gdb.COMMAND_DATA)

    def invoke(self, argument, from_tty):
        for name, slots in groups():
            listed = slots["worker_list"].dereference()
            gdb.write("group %s: %s, %d workers, %d waiting, %d running, lock held by %s\n" % (
                name, state_name(listed["status"]["state"]), number(listed["count"]),
                number(slots["waiting"]), number(slots["running"]), number(slots["holder"]) or "nobody"))
            print_table([["", "ticket", "state", "child", "worker", "priority"], *tickets(slots)])


Pywsgi()
Requests()
Queue()
