"""What may not stand in a file, line by line, and what to write instead."""
import re
from dataclasses import dataclass
from typing import Callable

from tree import Finding

# Files that may hold a lock, and what it protects. Everything else belongs to one shard.
LOCKS = {
    'src/subject/interest.h': 'interest is the one thing that shards share',
    'src/server/shards/move_gate.h': 'control looks at all shards while one may want to move',
    'src/server/shards/placement.h': 'any shard that accepts places a connection',
    'src/server/state/crypto_threads.h': 'hashes and handshakes run beside the shards',
}
# Where a test may pause: in the one function that waits for a condition, with a deadline.
WAITS = {
    'tests/conformance/harness/server.py': 'wait_for() polls',
}
# Above server/ in the design, or server/ itself: start-up may end with an exception there.
MAY_THROW = ('server', 'cluster', 'jetstream', 'mqtt', 'monitor')


def _isCpp(file):
    return file.is_cpp


def _isOurs(file):
    return file.is_cpp and file.path.startswith('src/')


@dataclass
class Word:
    rule: str
    pattern: re.Pattern
    advice: str
    applies: Callable


def _belowServer(file):
    parts = file.path.split('/')
    return _isOurs(file) and len(parts) > 2 and parts[1] not in MAY_THROW


def _quotesClients(file):
    return file.path.startswith('src/server/') and not file.path.startswith('src/server/process/')


# Looked for in code, where comments and literals do not count.
IN_CODE = [
    Word('clock', re.compile(r'::now\s*\('),
         'take the time as an argument, or call monoNow() and wallNow() of base/clock.h',
         lambda file: _isOurs(file) and not file.path.startswith('src/base/')),
    Word('rand', re.compile(r'\b(std::rand|s?rand(om)?)\s*\(|\bstd::mt19937'),
         'take an Rng (base/rng.h); secrets come from libsodium', _isCpp),
    Word('sleep', re.compile(r'\b(sleep|usleep|nanosleep|sleep_for|sleep_until)\s*\('),
         'wait for a condition, with a deadline that names it',
         lambda file: file.is_test and file.is_cpp and file.path not in WAITS),
    Word('using namespace', re.compile(r'\busing\s+namespace\b(?!.*literals)'),
         'name what you use: a header speaks for everyone who includes it',
         lambda file: file.is_header),
    Word('C string', re.compile(r'\b(strcpy|strcat|strncpy|v?sprintf|gets|atoi|atol|strtok)\s*\('),
         'std::string_view, fmt::format, or std::memcpy with the size at hand', _isCpp),
    Word('lock', re.compile(r'\bstd::(recursive_|shared_|timed_)*mutex\b|\bcondition_variable\b'),
         'give the state to one shard and post to it; a lock that must be is listed in '
         'tests/tidy/words.py with what it protects',
         lambda file: _isOurs(file) and file.path not in LOCKS),
    Word('throw', re.compile(r'\bthrow\b(?!\s*;)'),
         'return Result<T, E>: bad input is normal here', _belowServer),
    Word('shared_from_this', re.compile(r'\bshared_from_this\b'),
         'close through a gate and find objects by id', _isOurs),
    Word('quote', re.compile(r'\bgoQuote\s*\('),
         'what a client sent is quoted by quoteSent() or quoteUnparsed() of protocol/redact.h',
         _quotesClients),
    Word('macro', re.compile(r'^\s*#\s*define\s+(?!GANNET_ASSERT\b)'),
         'a constexpr, a function or a table', _isCpp),
]

# Looked for in whole lines.
ANYWHERE = [
    Word('trailing blank', re.compile(r'[ \t]+$'), 'delete it', lambda file: True),
    Word('tab', re.compile(r'\t'), 'indent with spaces', lambda file: True),
    Word('to do', re.compile(r'\b(TO[D]O|FI[X]ME|XX[X])\b'),
         'open an issue, or say in a sentence what is not done',
         lambda file: not file.path.endswith('.md')),
    Word('sleep', re.compile(r'\btime\.sleep\(|\basyncio\.sleep\((?!0\))'),
         'wait for a condition, with a deadline that names it',
         lambda file: file.is_test and file.is_python and file.path not in WAITS),
]

_CODE_IN_COMMENT = re.compile(
    r'(?:return\b.*;'
    r'|(?:if|for|while|switch)\s*\(.*[{;]'
    r'|(?:\}\s*)?else\s*(?:if\s*\(.*)?\{'
    r'|#\s*(?:include|define|if|ifdef|endif)\b.*'
    r'|(?:[\w:<>,&*]+\s+){0,3}[\w.\[\]>-]+\s*[-+|&]?=\s*[^=].*;'
    r'|[\w:.]+(?:->[\w.]+)*\(.*\);'
    r'|\})')
_PYTHON_IN_COMMENT = re.compile(
    r'(?:def \w+\(.*|import \w+|from [\w.]+ import .*|print\(.*\)|assert .*[=(].*|\w+ = \w+\(.*\))')
_MEMBER = re.compile(r'\bshared_ptr\s*<.*>\s+\w+\s*(;|=|\{)')
_VAGUE = re.compile(r'(^|_)(utils?|common|helpers?|managers?)(_|\.|$)')


def _words(tree):
    for file in tree.files:
        rows = [word for word in ANYWHERE if word.applies(file)]
        texts = [(word, file.lines) for word in rows]
        if file.is_cpp:
            texts += [(word, file.code) for word in IN_CODE if word.applies(file)]
        for word, lines in texts:
            for number, text in enumerate(lines, 1):
                if word.pattern.search(text):
                    yield Finding(word.rule, file.path, 1, file.path, number, word.advice)


def _commentedCode(tree):
    advice = 'delete it: the history keeps it'
    for file in tree.files:
        if file.is_cpp:
            comments = [(line, text[2:].strip()) for line, text in file.comments
                        if file.lines[line - 1].strip() == text]
            pattern = _CODE_IN_COMMENT
        elif file.is_python:
            comments = [(number, text.strip().lstrip('#').strip())
                        for number, text in enumerate(file.lines, 1)
                        if text.lstrip().startswith('#')]
            pattern = _PYTHON_IN_COMMENT
        else:
            continue
        for line, text in comments:
            if pattern.fullmatch(text):
                yield Finding('commented-out code', file.path, 1, file.path, line, advice)


def _history(tree):
    for file in tree.cpp():
        for line, text in file.comments:
            if re.search(r'\b(previously|formerly)\b', text):
                yield Finding('history in comment', file.path, 1, file.path, line,
                              'say what is: what was stands in the commits')


def _sharedMembers(tree):
    for file in tree.cpp('src/'):
        for number, text in enumerate(file.code, 1):
            reasoned = file.lineIsCommented(number) or file.lineIsCommented(number - 1)
            if _MEMBER.search(text) and not reasoned:
                yield Finding('shared_ptr', file.path, 1, file.path, number,
                              'name its two owners in a comment, or give it one')


def _suppressions(tree):
    total = 0
    for file in tree.cpp():
        for line, text in file.comments:
            if 'NOLINT' not in text:
                continue
            total += 1
            if not re.search(r'NOLINT(NEXTLINE|BEGIN|END)?\([\w.*,\s-]+\):\s*\S', text):
                yield Finding('bare NOLINT', file.path, 1, file.path, line,
                              'name the check and give the reason: NOLINT(check): why')
    if total > 10:
        yield Finding('NOLINT count', 'tree', total, '.', 0,
                      'more than ten: the check or the code is wrong')


def _names(tree):
    advice = 'name it after its idea, in the folder of the idea'
    for file in tree.cpp():
        for part in file.path.split('/'):
            if _VAGUE.search(part):
                yield Finding('vague name', file.path, 1, file.path, 1, advice)
                break


def _guards(tree):
    for file in tree.cpp():
        if file.is_header and '#pragma once' not in file.lines:
            yield Finding('guard', file.path, 1, file.path, 1, 'write #pragma once')


def check(tree):
    for rule in (_words, _commentedCode, _history, _sharedMembers, _suppressions, _names, _guards):
        yield from rule(tree)
