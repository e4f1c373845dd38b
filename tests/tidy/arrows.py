"""The arrows of the design: who may include whom, held against the DEPENDS of each folder, and
within a folder that has LAYERS against their order."""
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


def _layers(tree):
    for folder, layers in tree.layers().items():
        if not layers:
            continue
        for file in tree.cpp(f'src/{folder}/'):
            own = file.path.split('/')[2]
            if own not in layers:
                yield Finding('arrow', file.path, 1, file.path, 1,
                              f'{own} is no layer: name it in src/{folder}/CMakeLists.txt')
                continue
            for number, text in enumerate(file.lines, 1):
                match = _INCLUDE.match(text)
                path = match.group(1).split('/') if match else []
                if len(path) < 3 or path[0] != folder or path[1] not in layers:
                    continue
                if layers.index(path[1]) > layers.index(own):
                    yield Finding('arrow', file.path, 1, file.path, number,
                                  f'{own}/ stands below {path[1]}/ in the LAYERS of '
                                  f'src/{folder}/CMakeLists.txt: turn the dependency round')


def check(tree):
    yield from _includes(tree)
    yield from _layers(tree)
    yield from _circles(tree)
