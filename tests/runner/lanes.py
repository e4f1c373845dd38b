"""Steps side by side: the builds one after the other, the suites beside them, and at the end, with
nothing beside it, what measures."""
import threading
from dataclasses import dataclass
from typing import Callable

from outcome import Outcome

BUILDS = 'builds'  # needs processors only, and is niced
SUITES = 'suites'  # waits much of its time
ALONE = 'alone'    # compares times


@dataclass(frozen=True)
class Step:
    run: Callable        # (context, log) -> Outcome
    lane: str = SUITES
    depth: str = 'daily'  # the least that is asked for: daily, all or full
    after: tuple = ()    # steps that must have passed; those that are not part of the run have
    needs: tuple = ()    # programs without which the step is skipped


def with_dependencies(names, steps):
    """`names` and all that must have passed before, in the order of `steps`."""
    wanted, todo = set(), list(names)
    while todo:
        name = todo.pop()
        if name not in wanted:
            wanted.add(name)
            todo += steps[name].after
    return {name: step for name, step in steps.items() if name in wanted}


class Lanes:
    """One run over `steps`. `perform(name, step)` does one, in a thread of its lane, and returns
    its Outcome."""

    def __init__(self, steps, perform):
        self.total = Outcome()
        self._steps = steps
        self._perform = perform
        self._changed = threading.Condition()
        self._passed = {}  # of the steps that are over
        self._is_stopped = False

    def run(self) -> Outcome:
        threads = [threading.Thread(target=self._follow, args=[lane], daemon=True)
                   for lane in (BUILDS, SUITES)]
        try:
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            self._follow(ALONE)
        except KeyboardInterrupt:
            with self._changed:
                self._is_stopped = True
                self._changed.notify_all()
            raise
        return self.total

    def _follow(self, lane):
        left = [name for name, step in self._steps.items() if step.lane == lane]
        while left:
            with self._changed:
                self._changed.wait_for(lambda: self._is_stopped or self._ready(left))
                if self._is_stopped:
                    return
                name = self._ready(left)
            left.remove(name)
            self._finish(name)

    def _ready(self, names):
        """The first of `names` whose dependencies are over, or None."""
        return next((name for name in names if all(
            each in self._passed or each not in self._steps
            for each in self._steps[name].after)), None)

    def _finish(self, name):
        failed = [each for each in self._steps[name].after if not self._passed.get(each, True)]
        if failed:
            outcome = Outcome()
            outcome.skip(f'{name}: {failed[0]} did not pass')
        else:
            outcome = self._perform(name, self._steps[name])
        with self._changed:
            self.total.add(outcome)
            self._passed[name] = not failed and not outcome.failed
            self._changed.notify_all()
