"""Rows of the tables that users meet: each must be named by a test."""
import re
from fnmatch import fnmatch

from tree import Finding

# Which files hold rows, and what a row looks like. A test must name each word of `names`; an error
# may also be named by its constant.
TABLES = (
    ('option', 'src/config/option_table*.cc',
     re.compile(r'^\s*(?:row<[^>]*>\()?\{\s*"(?P<names>[a-z][\w. ]*)"', re.M)),
    ('verb', 'src/protocol/control_line.cc',
     re.compile(r'^\s*\{"(?P<names>[A-Z+-]+)", Verb::', re.M)),
    ('error', 'src/protocol/err_text.h',
     re.compile(r'\b(?P<constant>k[A-Z]\w+)\s*=\s*"(?P<text>[^"]+)"')),
)


def _alternatives(match):
    """Lists of words, of each of which a test must name one."""
    found = match.groupdict()
    if 'names' in found:
        return [[name] for name in found['names'].split()]
    return [[found['text'], found['constant']]]


def check(tree):
    tests = '\n'.join(file.text for file in tree.files
                      if file.is_test and not file.path.startswith('tests/tidy/'))
    named = set(re.findall(r'[\w]+', tests))

    def isNamed(word):
        return word in named or re.search(rf'(?<!\w){re.escape(word)}(?!\w)', tests)

    for what, paths, pattern in TABLES:
        for file in tree.files:
            if not fnmatch(file.path, paths):
                continue
            for match in pattern.finditer(file.text):
                line = file.text.count('\n', 0, match.start(1)) + 1
                for words in _alternatives(match):
                    if not any(isNamed(word) for word in words):
                        advice = f'no file in tests/ names "{words[0]}": write the test'
                        yield Finding(f'{what} without test', words[0], 1, file.path, line, advice)
