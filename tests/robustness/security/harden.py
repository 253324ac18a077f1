# SPDX-License-Identifier: Apache-2.0
"""Executes a program with limits of a systemd unit, on x86-64 without systemd: harden.py UNIT WRITABLE COMMAND...

Applies NoNewPrivileges, CapabilityBoundingSet, SystemCallFilter, RestrictAddressFamilies, and ProtectSystem=strict with
the one writable directory. tests/robustness/security/test_systemd_example.py runs it, as root.
"""
import ctypes
import os
import re
import socket
import struct
import subprocess
import sys

LIBC = ctypes.CDLL(None, use_errno=True)
PR_SET_SECCOMP, PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS = 22, 24, 38
CLONE_NEWNS, MS_RDONLY, MS_REMOUNT, MS_BIND, MS_REC, MS_PRIVATE = 0x20000, 1, 32, 4096, 16384, 1 << 18
X86_64 = 0xC000003E
ALLOW, ERROR = 0x7FFF0000, 0x00050000
LOAD, EQUAL, RETURN = 0x20, 0x15, 0x06
CAPABILITIES = """CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE
    NET_BIND_SERVICE NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE
    SYS_PACCT SYS_ADMIN SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL
    SETFCAP MAC_OVERRIDE MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE""".split()


def settings(path):
    """Return {name: words} of a unit; a name that occurs again adds words."""
    found = {}
    for name, value in re.findall(r"^(\w+)=(.*)$", open(path).read(), re.MULTILINE):
        found.setdefault(name, []).extend(value.split())
    return found


def check(result):
    if result != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def system_calls(names):
    """Return the names of system calls; @group is replaced by its members."""
    found = set()
    for name in names:
        if name.startswith("@"):
            text = subprocess.run(["systemd-analyze", "syscall-filter", name], stdout=subprocess.PIPE, text=True,
                                  check=True).stdout
            members = [line.strip() for line in text.splitlines()[1:]]
            found |= system_calls(member for member in members if member and not member.startswith("#"))
        else:
            found.add(name)
    return found


def numbers(names):
    header = open("/usr/include/x86_64-linux-gnu/asm/unistd_64.h").read()
    known = dict(re.findall(r"#define __NR_(\w+) (\d+)", header))
    return sorted(int(known[name]) for name in names if name in known)


def install(instructions):
    """Install a seccomp filter."""
    code = b"".join(struct.pack("=HBBI", *instruction) for instruction in instructions)
    memory = ctypes.create_string_buffer(code)
    program = struct.pack("@HP", len(instructions), ctypes.addressof(memory))
    check(LIBC.prctl(PR_SET_SECCOMP, 2, program, 0, 0))


def allow(values):
    """Instructions that allow the system call if the loaded number is one of the values."""
    return [instruction for value in values for instruction in ((EQUAL, 0, 1, value), (RETURN, 0, 0, ALLOW))]


def filter_calls(names):
    install([(LOAD, 0, 0, 4), (EQUAL, 1, 0, X86_64), (RETURN, 0, 0, ERROR | 1), (LOAD, 0, 0, 0),
             *allow(numbers(system_calls(names))), (RETURN, 0, 0, ERROR | 1)])


def filter_families(names):
    families = [getattr(socket, name) for name in names]
    socket_call, = numbers(["socket"])
    install([(LOAD, 0, 0, 0), (EQUAL, 1, 0, socket_call), (RETURN, 0, 0, ALLOW), (LOAD, 0, 0, 16),
             *allow(families), (RETURN, 0, 0, ERROR | 97)])


def protect_system(writable):
    """All mounts become read-only in a mount namespace of this process, except /dev, /proc, /sys and the directory."""
    check(LIBC.unshare(CLONE_NEWNS))
    check(LIBC.mount(None, b"/", None, MS_REC | MS_PRIVATE, None))
    check(LIBC.mount(writable, writable, None, MS_BIND, None))
    check(LIBC.mount(b"none", b"/", None, MS_REMOUNT | MS_BIND | MS_RDONLY, None))


def main():
    unit, writable, command = settings(sys.argv[1]), sys.argv[2], sys.argv[3:]
    assert unit["ProtectSystem"] == ["strict"] and unit["NoNewPrivileges"] == ["yes"]
    protect_system(writable.encode())
    check(LIBC.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
    filter_families(unit["RestrictAddressFamilies"])
    for number, name in enumerate(CAPABILITIES):
        if "CAP_" + name not in unit["CapabilityBoundingSet"]:
            LIBC.prctl(PR_CAPBSET_DROP, number, 0, 0, 0)
    filter_calls(unit["SystemCallFilter"])
    os.execv(command[0], command)


main()
