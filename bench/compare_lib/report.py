"""How the outcome is shown: a table for the terminal, one for Markdown, a document for scripts."""
import os
import platform
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from compare_lib.bench import SUBJECT
from compare_lib.failure import Failure
from compare_lib.rows import Row

BEGIN = '<!-- bench -->'
END = '<!-- /bench -->'
_COLUMNS = ('work', 'nats-server', 'Gannet', 'ratio', 'spread', 'wall ratio', 'Gannet must', 'met')
_WIDTHS = (62, 20, 20, 7, 15, 10, 15, 3)


@dataclass
class Outcome:
    """A row that was run: pairs of samples (Gannet's, the reference's), or why it broke."""
    row: Row
    pairs: list
    failure: Failure = None
    seconds: float = 0  # that it took

    def ratios(self, figure):
        """How many times more the reference needs, pair by pair."""
        return [right[figure] / max(left[figure], 1e-9) for left, right in self.pairs]

    def typical(self, side):
        """The median of each figure of a side: 0 is Gannet, 1 the reference."""
        figures = self.pairs[0][side]
        return {figure: median(pair[side][figure] for pair in self.pairs) for figure in figures}

    def is_met(self, line):
        figure = line.goal.figure or line.figure
        return line.goal.is_met(median(self.ratios(line.figure)), self.typical(0)[figure])

    def cells(self):
        """The table's lines of this row."""
        ours, theirs = self.typical(0), self.typical(1)
        named = self.row.names != ('Gannet', 'nats-server')
        for line in self.row.lines:
            ratios = self.ratios(line.figure)
            ratio = median(ratios)
            wall = f'{median(self.ratios("wall")):.2f}×' if line.beside == 'wall' else ''
            shown = [line.show(theirs), line.show(ours)]
            if named:
                shown = [f'{self.row.names[1]}: {shown[0]}', f'{self.row.names[0]}: {shown[1]}']
            yield (line.title, *shown, f'{ratio:.2f}×', f'{min(ratios):.2f}–{max(ratios):.2f}',
                   wall, line.goal.text, 'yes' if self.is_met(line) else 'no')

    def document(self):
        if self.failure is not None:
            return {'row': self.row.key, 'failure': str(self.failure), 'seconds': self.seconds}
        left, right = self.row.names
        lines = [{'title': line.title, 'figure': line.figure,
                  'ratio': median(self.ratios(line.figure)), 'ratios': self.ratios(line.figure),
                  'goal': line.goal.text, 'is_met': self.is_met(line)}
                 for line in self.row.lines]
        return {'row': self.row.key, 'seconds': self.seconds, 'lines': lines,
                'samples': {left: [pair[0] for pair in self.pairs],
                            right: [pair[1] for pair in self.pairs]}}


def _processor():
    for line in Path('/proc/cpuinfo').read_text().splitlines():
        if line.startswith('model name'):
            return line.partition(':')[2].strip()
    return platform.machine()


def heading(gannet, reference, rounds, effort):
    """Where, when and what: without it the figures mean nothing."""
    cores = len(os.sched_getaffinity(0))
    arguments = f' with {" ".join(gannet.arguments)}' if gannet.arguments else ''
    return (f'{time.strftime("%Y-%m-%d", time.gmtime())}, {_processor()}, {cores} cores, '
            f'Linux {platform.release()}; {gannet.version()}{arguments} against '
            f'{reference.version()}; {rounds} alternating pairs, {effort.seconds:g} s each, '
            f'messages on "{SUBJECT}".')


def show_progress(text):
    """One line that is overwritten by the next, and only on a terminal."""
    if sys.stderr.isatty():
        print(f'\r\x1b[K{text}', end='', file=sys.stderr, flush=True)


def _print_cells(cells):
    print('  '.join(f'{cell:{width}}' for cell, width in zip(cells, _WIDTHS)).rstrip(),
          flush=True)


def print_columns():
    _print_cells(_COLUMNS)


def print_outcome(outcome):
    if outcome.failure is not None:
        print(f'{outcome.row.title}: {outcome.failure}', flush=True)
        return
    for cells in outcome.cells():
        _print_cells(cells)


def print_durations(outcomes):
    """Where the time went: a row that costs more than the others has to be worth it."""
    each = ', '.join(f'{outcome.row.key} {outcome.seconds:.0f}' for outcome in outcomes)
    print(f'{sum(outcome.seconds for outcome in outcomes):.0f} s: {each}', flush=True)


def check_markers(path):
    """That the table has a place in the file, before minutes are spent on measuring it."""
    try:
        text = path.read_text(encoding='utf-8')
    except OSError as error:
        raise Failure(f'{path}: {error.strerror}') from error
    if text.count(BEGIN) != 1 or text.count(END) != 1 or text.index(BEGIN) > text.index(END):
        raise Failure(f'{path}: expected {BEGIN} and, behind it, {END}, once each')


def write_markdown(path, title, outcomes):
    lines = [title, '', f'| {" | ".join(_COLUMNS)} |', f'|{" --- |" * len(_COLUMNS)}']
    for outcome in outcomes:
        lines += [f'| {" | ".join(cells)} |' for cells in outcome.cells()]
    text = path.read_text(encoding='utf-8')
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    table = '\n'.join(lines)
    path.write_text(f'{before}{BEGIN}\n{table}\n{END}{after}', encoding='utf-8')
