"""The arrows of the design: who may include whom, held against the DEPENDS of each folder."""
import re

from tree import Finding

_INCLUDE = re.compile(r'\s*#\s*include\s+"([^"]+)"')


def _includes(tree):
    reach = tree.reach()
    for file in tree.cpp('src/'):
        folder = file.path.split('/')[1]
        if folder not in reach:  # main.cc stands above all folders
            continue
        for number, text in enumerate(file.lines, 1):
            match = _INCLUDE.match(text)
            if not match:
                continue
            target = match.group(1).split('/')[0]
            if target not in reach:
                advice = f'"{match.group(1)}" is in no folder of src/: include from src/ on'
            elif target not in reach[folder]:
                advice = (f'{folder}/ may not know {target}/: turn the dependency round, or draw '
                          f'the arrow in src/{folder}/CMakeLists.txt and ARCHITECTURE.md')
            else:
                continue
            yield Finding('arrow', file.path, 1, file.path, number, advice)


def _circles(tree):
    reach = tree.reach()
    for folder in sorted(reach):
        for other in sorted(reach[folder] - {folder}):
            if folder in reach.get(other, ()):
                path = f'src/{folder}/CMakeLists.txt'
                yield Finding('circle', path, 1, path, 1,
                              f'{folder}/ and {other}/ depend on each other: arrows point down')


def check(tree):
    yield from _includes(tree)
    yield from _circles(tree)
