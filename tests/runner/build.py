"""Building a preset of CMakePresets.json, and where its programs are."""
import subprocess

from context import ROOT


def folder(preset):
    return ROOT / 'build' / preset


def build(preset, log, targets=()):
    """True if `targets`, or everything, of a preset could be built."""
    command = ['cmake', '--build', '--preset', preset, '--', '-k', '20', *targets]
    return configure(preset, log) and run(command, log)


def configure(preset, log):
    """True if the preset's build folder is set up."""
    return (folder(preset) / 'build.ninja').exists() or run(['cmake', '--preset', preset], log)


def run(command, log, **options):
    """Runs to the end with all output in the file `log`. True if the exit code is 0."""
    with open(log, 'ab') as out:
        out.write(f'$ {" ".join(map(str, command))}\n'.encode())
        out.flush()
        return subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=out,
                              stderr=subprocess.STDOUT, check=False, **options).returncode == 0
