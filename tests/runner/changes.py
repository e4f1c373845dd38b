"""What is new: the files that differ from the base revision, and what has to look at them."""
import json
import os
import subprocess
from pathlib import Path

from build import folder
from context import ROOT

# How many commits have landed together at most, roughly: what to take for new in a clone that
# knows no more than the landed branch.
LANDING = 100
CONFORMANCE = 'tests/conformance'
# Builds that know which files a source reads, most complete first.
PRESETS = ('asan', 'debug', 'release', 'tsan')


def git(*arguments):
    """The lines that git writes, or None if it fails."""
    done = subprocess.run(['git', *arguments], cwd=ROOT, capture_output=True, text=True,
                          check=False)
    return done.stdout.splitlines() if done.returncode == 0 else None


def revision(name):
    found = git('rev-parse', '--verify', '--quiet', f'{name}^{{commit}}')
    return found[0] if found else None


def base_revision():
    """Where what is not landed yet began: where this branch left origin/main, or some commits ago
    on origin/main itself. None in a clone that has no such commit."""
    landed = revision('origin/main')
    if landed and landed != revision('HEAD'):
        common = git('merge-base', 'HEAD', landed)
        if common and common[0] != revision('HEAD'):
            return common[0]
    return revision(f'HEAD~{LANDING}')


def changed_since(base):
    """The files that differ from `base`, those changed last first; deleted ones too."""
    newest_first = [
        *git('diff', '--name-only', '--no-renames', 'HEAD'),
        *git('ls-files', '--others', '--exclude-standard'),
        *git('log', '--format=', '--name-only', '--no-renames', f'{base}..HEAD')]
    return list(dict.fromkeys(path for path in newest_first if path))


def black_box_tests(changed):
    """What of the black-box tests is new, as arguments of pytest: the files of tests that changed,
    the folders in which something changed that tests share, or all."""
    folders, files = set(), set()
    for path in map(Path, changed):
        if not path.is_relative_to(CONFORMANCE):
            continue
        inside = path.relative_to(CONFORMANCE).parts
        if len(inside) == 1 or inside[0] == 'harness':
            return [CONFORMANCE]
        if path.name.startswith('test_'):
            files.add(path)
        else:
            folders.add(path.parent)
    left = {path for path in files if path.parent not in folders and (ROOT / path).exists()}
    return sorted(str(path) for path in folders | left)


def compiled_sources(preset):
    """{source: its command} of a preset that is set up, as paths of the tree."""
    listed = json.loads((folder(preset) / 'compile_commands.json').read_text())
    return {os.path.relpath(each['file'], ROOT): each['command'] for each in listed}


def files_read():
    """{source: files of the tree that it reads}, as the compilers noted it in the builds so far."""
    found = {}
    for preset in PRESETS:
        where = folder(preset)
        if (where / '.ninja_deps').exists():
            listed = subprocess.run(['ninja', '-C', str(where), '-t', 'deps'], capture_output=True,
                                    text=True, check=False).stdout
            for source, files in read_dependencies(listed, os.path.relpath(where, ROOT)).items():
                found.setdefault(source, files)
    return found


def read_dependencies(listed, where):
    """Of the lines of `ninja -t deps`, run in the folder `where` of the tree."""
    found = {}
    for block in listed.split('\n\n'):
        paths = [os.path.relpath(os.path.join(ROOT, where, line.strip()), ROOT)
                 for line in block.splitlines()[1:]]
        inside = [path for path in paths if not path.startswith(('..', 'build/'))]
        source = next((path for path in inside if path.endswith('.cc')), None)
        if source:
            found[source] = inside
    return found


def sources_to_read(changed, reads, sources):
    """Those of `sources` that changed or include what changed: first the changed ones, then for
    each changed header the source that says most about it, then all others that include it."""
    own = [path for path in changed if path in sources]
    including = []
    for header in changed:
        if header.endswith('.h'):
            stem = Path(header).stem
            including.append(sorted(
                (path for path in sources if header in reads.get(path, ())),
                key=lambda path: (not Path(path).stem.startswith(stem), path)))
    firsts = [found[0] for found in including if found]
    return list(dict.fromkeys([*own, *firsts, *(path for found in including for path in found)]))
