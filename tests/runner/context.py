"""What all steps know: the tree, the command line, the programs that were found."""
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LOGS = ROOT / 'build' / 'test-logs'
TOOLS = ROOT / 'build' / 'tools'
REFERENCE_VERSION = '2.15.2'
REFERENCE_MODULE = 'github.com/nats-io/nats-server/v2'
CLI_MODULE = 'github.com/nats-io/natscli/nats@v0.5.1'


@dataclass
class Context:
    is_thorough: bool  # --all
    tidy_base: str     # clang-tidy reads what changed since this revision

    @property
    def fuzz_seconds(self) -> int:
        return 60 if self.is_thorough else 5


def find_program(name):
    """The path of a program in build/tools, ~/go/bin or PATH, or None."""
    places = [TOOLS, Path.home() / 'go/bin']
    path = os.pathsep.join([*map(str, places), os.environ.get('PATH', '')])
    return shutil.which(name, path=path)
