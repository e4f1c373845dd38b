"""Runs a command in a sandbox that kills it for a call that asks for resources, as the units of
careful distributions do (systemd's `SystemCallFilter=~@resources`).

python3 sandbox.py COMMAND ...: becomes the command. Ends with NOT_AVAILABLE where that cannot be
done; `is_available()` asks first."""
import ctypes
import os
import platform
import struct
import subprocess
import sys

NOT_AVAILABLE = 77

# The numbers of ioprio_set, mbind, migrate_pages, move_pages, sched_setaffinity, sched_setattr,
# sched_setparam, sched_setscheduler, set_mempolicy, set_mempolicy_home_node, setpriority and
# setrlimit, behind the name of the architecture in the kernel's audit.
CALLS = {
    "x86_64": (0xC000003E, (251, 237, 256, 279, 203, 314, 142, 144, 238, 450, 141, 160)),
    "aarch64": (0xC00000B7, (30, 235, 238, 239, 122, 274, 118, 119, 237, 450, 140, 164)),
}

LOAD, JUMP_IF_EQUAL, RETURN = 0x20, 0x15, 0x06  # of classic BPF
NUMBER_AT, ARCHITECTURE_AT = 0, 4  # in struct seccomp_data
KILL_PROCESS, ALLOW = 0x80000000, 0x7FFF0000
PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, MODE_FILTER = 38, 22, 2


class Program(ctypes.Structure):
    _fields_ = [("size", ctypes.c_ushort), ("filter", ctypes.c_char_p)]


def instruction(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("HBBI", code, if_true, if_false, value)


def program(architecture: int, calls: tuple) -> bytes:
    lines = [instruction(LOAD, ARCHITECTURE_AT),
             instruction(JUMP_IF_EQUAL, architecture, 0, len(calls) + 1),  # else allow
             instruction(LOAD, NUMBER_AT)]
    for index, number in enumerate(calls):
        lines.append(instruction(JUMP_IF_EQUAL, number, len(calls) - index))
    return b"".join(lines + [instruction(RETURN, ALLOW), instruction(RETURN, KILL_PROCESS)])


def enter() -> bool:
    """Puts this process into the sandbox, for good. False where the system has none."""
    known = CALLS.get(platform.machine())
    if known is None:
        return False
    code = program(*known)
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        return False
    filter_ = Program(len(code) // 8, code)
    return libc.prctl(PR_SET_SECCOMP, MODE_FILTER, ctypes.byref(filter_), 0, 0) == 0


def is_available() -> bool:
    """True if a process can be put into the sandbox here, and is killed there for its calls."""
    tries = "import os; os.setpriority(os.PRIO_PROCESS, 0, 5)"
    done = subprocess.run([sys.executable, __file__, sys.executable, "-c", tries], check=False,
                          capture_output=True)
    return done.returncode < 0


if __name__ == "__main__":
    if not enter():
        sys.exit(NOT_AVAILABLE)
    os.execvp(sys.argv[1], sys.argv[1:])
