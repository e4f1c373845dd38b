"""The files that the checks read, and what a check says about one."""
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import cpp

FOLDERS = ('src', 'tests', 'tools', 'bench', 'cmake', 'docs', 'packaging', '.ci')
SUFFIXES = ('.h', '.cc', '.py', '.cmake', '.txt', '.md', '.sh')
# Data that tests feed in: malformed on purpose.
DATA = ('corpus', 'testdata', '__pycache__')


@dataclass
class Finding:
    rule: str
    key: str      # what the ratchet remembers: a file, a function, a folder
    value: int    # a size, or 1 for an occurrence; those of one key add up
    path: str
    line: int
    advice: str   # what to do instead


class File:
    def __init__(self, root, path):
        self.path = path.relative_to(root).as_posix()
        self.text = path.read_text(encoding='utf-8', errors='replace')

    @property
    def folder(self):
        return self.path.rpartition('/')[0]

    @property
    def name(self):
        return self.path.rpartition('/')[2]

    @property
    def is_test(self):
        return self.path.startswith('tests/')

    @property
    def is_header(self):
        return self.path.endswith('.h')

    @property
    def is_cpp(self):
        return self.path.endswith(('.h', '.cc'))

    @property
    def is_python(self):
        return self.path.endswith('.py') or self.lines[:1] == ['#!/usr/bin/env python3']

    @cached_property
    def lines(self):
        return self.text.splitlines()

    @cached_property
    def code(self):
        """C++ without comments and literals, line by line."""
        return cpp.mask(self.text).splitlines()

    @cached_property
    def comments(self):
        return cpp.comments(self.text)

    def lineIsCommented(self, number):
        return any(line == number for line, _ in self.comments)


class Tree:
    def __init__(self, root):
        self.root = Path(root).resolve()
        self.files = sorted(self._read(), key=lambda file: file.path)

    def _read(self):
        for path in self.root.glob('*'):
            if path.is_file() and self._wanted(path):
                yield File(self.root, path)
        for folder in FOLDERS:
            for path in (self.root / folder).rglob('*'):
                inside = path.relative_to(self.root).parts[:-1]
                if not set(inside) & set(DATA) and path.is_file() and self._wanted(path):
                    yield File(self.root, path)

    @staticmethod
    def _wanted(path):
        if path.is_symlink():
            return False
        if path.suffix in SUFFIXES:
            return True
        if path.suffix:
            return False
        with path.open('rb') as opened:  # a script: run, test, .ci/run
            return opened.read(2) == b'#!'

    def cpp(self, under=''):
        return [file for file in self.files if file.is_cpp and file.path.startswith(under)]

    def python(self):
        return [file for file in self.files if file.is_python]

    def libraries(self):
        """The folders of src/ with the folders they name behind DEPENDS."""
        found = {}
        for file in self.files:
            match = re.fullmatch(r'src/(\w+)/CMakeLists\.txt', file.path)
            if match:
                found[match.group(1)] = self._list(file.text, 'DEPENDS')
        return found

    def layers(self):
        """The folders of src/ with their own folders in the order of LAYERS, the lowest first."""
        found = {}
        for file in self.files:
            match = re.fullmatch(r'src/(\w+)/CMakeLists\.txt', file.path)
            if match:
                found[match.group(1)] = self._list(file.text, 'LAYERS')
        return found

    @staticmethod
    def _list(text, name):
        call = re.search(r'gannet_library\(([^)]*)\)', text)
        words, inside = [], False
        for word in call.group(1).split() if call else []:
            if word.isupper():
                inside = word == name
            elif inside:
                words.append(word)
        return words

    def reach(self):
        """For every folder of src/ all folders it may include, itself too."""
        direct = self.libraries()
        found = {}
        for folder in direct:
            seen, todo = {folder}, [folder]
            while todo:
                for each in direct.get(todo.pop(), []):
                    if each not in seen:
                        seen.add(each)
                        todo.append(each)
            found[folder] = seen
        return found
