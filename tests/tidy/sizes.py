"""How large things are (style, "Our sizes"). Every size found is a Finding; limits are below."""
import ast
import re
from collections import Counter

import cpp
from tree import Finding

LIMITS = {
    'source lines': (600, 'find the second idea in the file and give it a file of its own'),
    'test file lines': (900, 'split the file by what its tests prove'),
    'header lines': (250, 'split the header: one idea a file'),
    'template header lines': (400, 'split the header: one idea a file'),
    'function lines': (70, 'name its steps and call them'),
    'parameters': (5, 'pass a struct'),
    'columns': (100, 'break the line'),
    'files in folder': (30, 'find the second idea in the folder and give it a folder of its own'),
    'includes in header': (12, 'forward-declare, or split the header'),
    'uncommented % of header': (75, 'say what the declarations promise, cost and refuse'),
    'shared_ptr per 10 KLoC': (5, 'make the lifetime clear: an owner, an id, a gate'),
}


def _measure(rule, key, value, path, line=1):
    return Finding(rule, key, value, path, line, LIMITS[rule][1])


def _fileLines(tree):
    for file in tree.files:
        if file.is_test and (file.is_cpp or file.is_python):
            rule = 'test file lines'
        elif file.is_header:
            has_template = any(re.match(r'\s*template <', line) for line in file.lines)
            rule = 'template header lines' if has_template else 'header lines'
        elif file.is_cpp or file.is_python:
            rule = 'source lines'
        else:
            continue
        yield _measure(rule, file.path, len(file.lines), file.path)


def _columns(tree):
    for file in tree.files:
        if file.path.endswith(('.md', '.txt')) and file.name != 'CMakeLists.txt':
            continue
        wide = [(len(text), number) for number, text in enumerate(file.lines, 1)]
        if wide:
            width, number = max(wide, key=lambda each: each[0])
            yield _measure('columns', file.path, width, file.path, number)


def _pythonFunctions(file):
    for node in ast.walk(ast.parse(file.text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            yield cpp.Function(node.name, node.lineno, lines, 0)  # fixtures are no parameters


def _functions(tree):
    for file in tree.files:
        if not (file.is_cpp or file.is_python):
            continue
        found = cpp.functions(cpp.mask(file.text)) if file.is_cpp else _pythonFunctions(file)
        seen = Counter()
        for function in found:
            seen[function.name] += 1
            again = f'#{seen[function.name]}' if seen[function.name] > 1 else ''
            key = f'{file.path}:{function.name}{again}'
            yield _measure('function lines', key, function.lines, file.path, function.line)
            yield _measure('parameters', key, function.parameters, file.path, function.line)


def _headers(tree):
    for file in tree.cpp():
        if not file.is_header or file.is_test or file.folder == 'cmake':
            continue  # a precompiled header is nothing but includes
        includes = sum(1 for line in file.lines if re.match(r'\s*#\s*include\b', line))
        yield _measure('includes in header', file.path, includes, file.path)

        written = [number for number, text in enumerate(file.lines, 1) if text.strip()]
        commented = {line for line, _ in file.comments}
        bare = sum(1 for number in written if number not in commented)
        if written:
            share = round(100 * bare / len(written))
            yield _measure('uncommented % of header', file.path, share, file.path)


def _folders(tree):
    count = Counter(file.folder for file in tree.files
                    if file.path.startswith(('src/', 'tests/', 'tools/', 'bench/')))
    for folder, files in count.items():
        yield _measure('files in folder', folder, files, folder, 0)


def _sharedPointers(tree):
    sources = tree.cpp('src/')
    lines = sum(len(file.lines) for file in sources)
    uses = sum(len(re.findall(r'\b(shared_ptr\s*<|make_shared\b|shared_from_this\s*<)', line))
               for file in sources for line in file.code)
    if lines > 0:
        yield _measure('shared_ptr per 10 KLoC', 'src', round(10000 * uses / lines), 'src', 0)


def measure(tree):
    for check in (_fileLines, _columns, _functions, _headers, _folders, _sharedPointers):
        yield from check(tree)
