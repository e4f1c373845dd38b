"""Building a preset of CMakePresets.json, and running programs with their output in a log."""
import os
import subprocess
import threading
from collections import Counter

from context import ROOT

# What only needs processors yields to the suites, which wait for answers with deadlines.
NICE = ['nice', '-n', '10']

_lock = threading.Lock()
_cpu_s = Counter()  # by log: of the programs that have ended


def folder(preset):
    return ROOT / 'build' / preset


def build(preset, log, targets=()):
    """True if `targets`, or everything, of a preset could be built."""
    command = [*NICE, 'cmake', '--build', '--preset', preset, '--', '-k', '20', *targets]
    return configure(preset, log) and run(command, log)


def configure(preset, log):
    """True if the preset's build folder is set up."""
    return (folder(preset) / 'build.ninja').exists() or run(['cmake', '--preset', preset], log)


def run(command, log, env=None, timeout=None, good=(0,)):
    """Runs to the end with all output in the file `log`, killed after `timeout` seconds. True if
    the exit code is a good one. Any thread."""
    with open(log, 'ab') as out:
        out.write(f'$ {" ".join(map(str, command))}\n'.encode())
        out.flush()
        process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=out,
                                   stderr=subprocess.STDOUT, env=env)
    killer = threading.Timer(timeout, process.kill) if timeout else None
    if killer:
        killer.start()
    try:
        _, status, used = os.wait4(process.pid, 0)
    finally:
        if killer:
            killer.cancel()
    process.returncode = os.waitstatus_to_exitcode(status)
    with _lock:
        _cpu_s[log] += used.ru_utime + used.ru_stime
    return process.returncode in good


def cpu_seconds(log):
    """Processor time of what has run with this log."""
    with _lock:
        return _cpu_s[log]
