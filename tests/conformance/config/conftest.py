"""What the configuration tests share: `check`, which runs the configuration check (`-t`)."""
import dataclasses
import hashlib
import pathlib
import re

import pytest

PROGRAM = "nats-server: "  # what every line of a failed start begins with
VALID = re.compile(r"configuration file \S+ is valid \((?P<digest>sha256:[0-9a-f]{64})\)\n")


@dataclasses.dataclass
class Outcome:
    """How a check ended. `text` is stderr without the program's name and the folder of the file."""

    code: int
    text: str

    @property
    def valid(self) -> bool:
        return self.code == 0 and VALID.fullmatch(self.text) is not None

    @property
    def digest(self) -> str:
        match = VALID.fullmatch(self.text)
        assert self.code == 0 and match, f"not valid (exit {self.code}): {self.text}"
        return match["digest"]

    @property
    def problems(self) -> list:
        """The lines of the combined text of warnings and errors; it ends with an empty line."""
        assert self.code == 1, f"exit {self.code}: {self.text}"
        assert self.text.endswith("\n\n"), self.text
        return self.text[:-2].split("\n")


class Check:
    """Writes configuration files into a folder of its own and checks `nats.conf` there."""

    def __init__(self, folder: pathlib.Path, run_server):
        self.folder = folder
        self._run_server = run_server

    def write(self, files: dict) -> None:
        for name, text in files.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text if isinstance(text, bytes) else text.encode())

    def __call__(self, text, files=None, env=None, args=()) -> Outcome:
        self.write({"nats.conf": text, **(files or {})})
        path = self.folder / "nats.conf"
        done = self._run_server([*args, "-t", "-c", str(path)], env=env or {})
        assert done.stdout == ""
        assert done.stderr.startswith(PROGRAM), done.stderr
        text = done.stderr.removeprefix(PROGRAM).replace(f"{self.folder}/", "")
        return Outcome(done.returncode, text)

    def value(self, value: str, **more) -> str:
        """The digest of a file whose key `v` has this value, which may be of any type: the
        reference to `v` makes the unknown key legal, the repeated key any type."""
        return self(f"v: {value}\nhost: $v\nhost: h\n", **more).digest


@pytest.fixture
def check(tmp_path, run_server) -> Check:
    return Check(tmp_path, run_server)


def digest_of(tree: str) -> str:
    """The digest of a configuration whose tree has this JSON form."""
    return "sha256:" + hashlib.sha256(tree.encode() + b"\n").hexdigest()


def value_digest(json_text: str) -> str:
    """What `Check.value` returns for a value with this JSON form."""
    return digest_of('{"host":"h","v":%s}' % json_text)


@pytest.fixture(name="digest_of")
def digest_of_fixture():
    return digest_of


@pytest.fixture(name="value_digest")
def value_digest_fixture():
    return value_digest
