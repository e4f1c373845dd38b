"""C++ text as the checks see it: comments and literals masked, functions found by their braces.

No parser: a scanner that knows strings, comments, parentheses and braces. It needs code that a
formatter has laid out, which ours is.
"""
import re
from dataclasses import dataclass

_LITERAL = re.compile(
    r'//[^\n]*'
    r'|/\*.*?\*/'
    r'|R"([^(\s]{0,16})\(.*?\)\1"'
    r'|"(?:\\.|[^"\\\n])*"'
    r"|(?<![0-9a-fA-F])'(?:\\.|[^'\\\n]){1,8}'",
    re.DOTALL,
)
_DIRECTIVE = re.compile(r'^[ \t]*#(?:[^\n]*\\\n)*[^\n]*', re.MULTILINE)
_DESCRIBE = re.compile(r'\bBOOST_DESCRIBE_\w+\s*(?=\()')
_OPERATOR = re.compile(r'\boperator\s*(\(\)|\[\]|[^\s\w(]+|bool\b|co_await\b)')
_TYPE = re.compile(r'(class|struct|union|enum)\b[^()]*(:(?!:).*)?$', re.DOTALL)
_INITIALISERS = re.compile(r'\)\s*(noexcept(\(\))?\s*)?:(?!:)')
_SHOUTED = re.compile(r'[A-Z][A-Z0-9_]+$')
_CLOSING = {'(': ')', '{': '}', '[': ']', '<': '>'}


@dataclass
class Function:
    name: str
    line: int        # of the first line of its head, from 1
    lines: int       # head to closing brace; 0: a declaration
    parameters: int


def _blank(text):
    return re.sub(r'[^\n]', ' ', text)


def _mask(match):
    text = match.group(0)
    if text.startswith('/'):
        return _blank(text)
    return text[0] + _blank(text[1:-1]) + text[-1]


def mask(text):
    """`text` with comments blanked and literals emptied; every offset and line stays."""
    return _LITERAL.sub(_mask, text)


def comments(text):
    """The comments of `text`, as (line, text from // on) pairs; a block gives its first line."""
    found = []
    for match in _LITERAL.finditer(text):
        if match.group(0).startswith('/'):
            found.append((text.count('\n', 0, match.start()) + 1, match.group(0)))
    return found


def closing(text, start):
    """The offset of what closes the bracket at `start`; the text's end if nothing does."""
    opens, closes, depth = text[start], _CLOSING[text[start]], 0
    for match in re.compile(f'[{re.escape(opens)}{re.escape(closes)}]').finditer(text, start):
        depth += 1 if match.group(0) == opens else -1
        if depth == 0:
            return match.start()
    return len(text)


def _without(text, pattern):
    """Blanks each `pattern` together with the parentheses that follow it."""
    while match := pattern.search(text):
        end = closing(text, match.end()) + 1
        text = text[:match.start()] + _blank(text[match.start():end]) + text[end:]
    return text


def _normalise(head):
    head = re.sub(r'\b(public|private|protected)\s*:', ' ', head)
    head = re.sub(r'\[\[.*?\]\]', ' ', head)
    head = _without(head, re.compile(r'\balignas(?=\()'))
    head = _without(head, re.compile(r'\brequires\s*(?=\()')).strip()
    while match := re.match(r'template\s*<', head):
        head = head[closing(head, match.end() - 1) + 1:].strip()
    return _OPERATOR.sub('operator_', head).replace('->', ' @ ')


def _flatten(head):
    """`head` with everything between parentheses, braces and angle brackets taken out."""
    flat = head
    for inner, empty in ((r'\{[^{}]*\}', '\1'), (r'\([^()]*\)', '\2')):
        while (shorter := re.sub(inner, empty, flat)) != flat:
            flat = shorter
    while (shorter := re.sub(r'<[^<>]*>', '', flat)) != flat:
        flat = shorter
    return flat.replace('\1', '{}').replace('\2', '()').strip()


def _classify(head):
    """What the brace behind `head` opens: a scope, a function or an initialiser."""
    flat = _flatten(_normalise(head))
    if re.match(r'(inline\s+)?(namespace|extern)\b', flat):
        return 'scope'
    if _TYPE.match(flat) and '=' not in flat:
        return 'scope'
    if '(' not in flat:
        return 'initialiser'
    if '=' in flat:
        return 'function' if re.search(r'=\s*\[[^\]]*\]\s*\(\)[^(]*$', flat) else 'initialiser'
    if _INITIALISERS.search(flat) and flat[-1] not in ')}':
        return 'initialiser'
    return 'function'


def _parameters(head):
    """The name before the first parenthesis outside angle brackets, and what stands inside it."""
    angle = 0
    for offset, char in enumerate(head):
        if char == '<':
            angle += 1
        elif char == '>':
            angle = max(0, angle - 1)
        elif char == '(' and angle == 0:
            name = re.search(r'[\w~]+\s*$', head[:offset])
            inside = head[offset + 1:closing(head, offset)]
            return (name.group(0).strip() if name else 'lambda'), inside
    return '', ''


def _split(inside):
    fields, depth, field = [], 0, ''
    for char in inside:
        if char == ',' and depth == 0:
            fields.append(field.strip())
            field = ''
            continue
        depth += (char in '(<{[') - (char in ')>}]')
        field += char
    fields.append(field.strip())
    return [each for each in fields if each not in ('', 'void')]


def _describe(head, line, lines):
    name, inside = _parameters(_normalise(head))
    fields = _split(inside)
    if _SHOUTED.match(name):  # a macro: TEST(Suite, Name)
        return Function('.'.join(fields[:2]) or name, line, lines, 0)
    return Function(name, line, lines, len(fields))


def _is_declaration(head):
    flat = _flatten(_normalise(head))
    if not re.search(r'\w\(\)', flat) or re.match(r'(using|typedef|static_assert|return)\b', flat):
        return False
    return '=' not in re.sub(r'=\s*(0|default|delete)$', '', flat)


def functions(masked):
    """The functions that `masked` text defines or declares, outermost ones only, in order."""
    text = _DIRECTIVE.sub(lambda match: _blank(match.group(0)), masked)
    text = _without(text, _DESCRIBE)
    found, start, offset = [], 0, 0
    token = re.compile(r'[{}();]')
    while match := token.search(text, offset):
        at, offset = match.start(), match.end()
        head = text[start:at]
        line = text.count('\n', 0, at - len(head.lstrip())) + 1
        if match.group(0) == '(':
            offset = closing(text, at) + 1
        elif match.group(0) == '{':
            kind = _classify(head)
            if kind != 'scope':
                offset = closing(text, at) + 1
            if kind == 'function':
                lines = text.count('\n', 0, offset) + 2 - line
                found.append(_describe(head, line, lines))
            if kind != 'initialiser':
                start = offset
        elif match.group(0) == ';':
            if _is_declaration(head):
                found.append(_describe(head, line, 0))
            start = offset
        else:
            start = offset
    return found
