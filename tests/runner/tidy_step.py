"""clang-tidy on what changed, for as long as there is time."""
import hashlib
import os
import time
from concurrent.futures import ThreadPoolExecutor

from build import NICE, configure, folder, run
from changes import changed_since, compiled_sources, files_read, sources_to_read
from context import ROOT
from outcome import Outcome, one

RULES = '.clang-tidy'


def clang_tidy(context, log):
    """clang-tidy on the sources that differ from the base revision or include what does, as clang
    would compile them."""
    if not configure('fuzz', log):
        return one('clang-tidy: cmake --preset fuzz', False)
    commands = compiled_sources('fuzz')
    # Tests and tools were never read as a whole: only --full complains of what is old in them.
    left_out = ('tests/fuzz/', '..') if context.is_full else ('tests/', 'tools/', 'bench/', '..')
    sources = [path for path in commands if not path.startswith(left_out)]
    reads = files_read()
    changed = changed_since(context.base) if context.base else sources
    wanted = sources if RULES in changed else sources_to_read(changed, reads, sources)
    readings = [Reading(path, commands[path], reads.get(path)) for path in wanted]
    return read_all(readings, context.tidy_seconds, log)


class Reading:
    """A source, as clang-tidy reads it. What was clean stays so until a file of it changes."""

    def __init__(self, source, command, files):
        self.source = source
        self._mark = None
        if files and all((ROOT / path).exists() for path in files):
            digest = hashlib.sha256(command.encode())
            for path in (RULES, *files):
                digest.update((ROOT / path).read_bytes())
            self._mark = folder('fuzz') / 'tidy-clean' / digest.hexdigest()

    @property
    def was_clean(self):
        return self._mark is not None and self._mark.exists()

    def is_clean(self, log):
        is_clean = run([*NICE, 'clang-tidy-14', '--quiet', '-p', str(folder('fuzz')), self.source],
                       log)
        if is_clean and self._mark:
            self._mark.parent.mkdir(exist_ok=True)
            self._mark.touch()
        return is_clean


def read_all(readings, seconds, log):
    """Reads what is not known to be clean, as many at a time as there are cores, and begins none
    after `seconds`. What is left over is reported as skipped."""
    left = [each for each in readings if not each.was_clean]
    end = time.monotonic() + seconds

    def read(reading):
        return reading.is_clean(log) if time.monotonic() < end else None

    outcome = Outcome()
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        results = list(pool.map(read, left))
    for reading, is_clean in zip(left, results):
        if is_clean is False:
            outcome.fail(f'clang-tidy {reading.source}')
    unread = results.count(None)
    if unread:
        outcome.skip(f'clang-tidy: {unread} of {len(readings)} sources that changed, or include '
                     f'what did, were not read within {seconds:.0f} s')
    if not outcome.failed:
        outcome.passed += 1
    return outcome
