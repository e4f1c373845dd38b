"""What the program says of itself, and of what it cannot do yet."""
import pathlib
import re
import subprocess

import pytest

pytestmark = pytest.mark.gannet_only("has a name, options and gaps of its own")

ROOT = pathlib.Path(__file__).resolve().parents[3]


def unavailable_options() -> list:
    """The names that the option table lists as not available yet."""
    table = re.compile(r"kUnavailable = std::to_array<std::string_view>\(\{(.*?)\}\);", re.DOTALL)
    sources = [path.read_text() for path in (ROOT / "src/config").rglob("*.cc")]
    [source] = [text for text in sources if "> unavailableOptions() {" in text]
    [block] = table.findall(source)
    names = re.findall(r'"(\w+)"', block)
    assert names and len(names) == len(set(names))
    return names


def test_the_specification_names_every_option_that_is_refused():
    text = (ROOT / "docs/spec/config-and-cli.md").read_text()
    section = text[text.index("### 10.2 "):text.index("### 10.3 ")]
    listed = set(re.findall(r"`(\w+)`", section))
    assert [name for name in unavailable_options() if name not in listed] == []


@pytest.fixture
def run_as(server_path, tmp_path):
    """Runs the server under another name; returns what it said on standard output."""

    def run(name: str, *args) -> str:
        program = tmp_path / name
        program.symlink_to(pathlib.Path(server_path).resolve())
        done = subprocess.run([program, *args], capture_output=True, text=True, timeout=20)
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout

    return run


@pytest.mark.parametrize("flag", ["--version", "-v", "-version"])
def test_as_nats_server_it_gives_the_references_version_alone(run_as, flag):
    assert re.fullmatch(r"nats-server: v2\.15\.2\n", run_as("nats-server", flag))


@pytest.mark.parametrize("flag", ["--version", "-v", "-version"])
def test_as_gannet_it_gives_both_versions(run_as, flag):
    version = run_as("gannet", flag)
    assert re.fullmatch(r"gannet: v\d+\.\d+\.\d+ \(nats-server v2\.15\.2\)\n", version), version


@pytest.mark.parametrize("name", ["gannet", "nats-server"])
def test_help_names_the_program_and_shards(run_as, name):
    text = run_as(name, "--help")
    assert f"Usage: {name} [options]" in text
    assert re.search(r"^ +--shards <number> +\S", text, re.MULTILINE)


@pytest.mark.parametrize("name", unavailable_options())
def test_an_option_that_is_not_there_yet_is_refused_by_name(run_server, tmp_path, name):
    config = tmp_path / "nats.conf"
    for value in ("true", "{ a: 1 }"):
        config.write_text(f"port: -1\n{name}: {value}\n")
        done = run_server(["-c", config])
        assert done.returncode == 1
        assert re.search(rf':2:\d+: configuration option "{name}" is not available yet',
                         done.stdout + done.stderr)


def test_all_refused_options_of_a_file_are_named_at_once(run_server, tmp_path):
    config = tmp_path / "nats.conf"
    names = unavailable_options()
    config.write_text("".join(f"{name}: true\n" for name in names))
    done = run_server(["-t", "-c", config])
    said = done.stdout + done.stderr
    assert done.returncode == 1
    for line, name in enumerate(names, 1):
        assert re.search(rf':{line}:\d+: configuration option "{name}" is not available yet', said)


@pytest.mark.parametrize("value", ["65", "-1", "1000000"])
def test_shards_out_of_bounds_are_an_error(run_server, tmp_path, value):
    config = tmp_path / "nats.conf"
    config.write_text(f"port: -1\nshards: {value}\n")
    for args in (["--shards", value], [f"--shards={value}"], ["-c", config], ["-t", "-c", config]):
        done = run_server(args)
        assert done.returncode == 1
        assert "shards must be between 0 and 64" in done.stdout + done.stderr, args


@pytest.mark.parametrize("value, error", [
    ("1MB", "max_memory must be at least 33554432 bytes"),
    ("0", "max_memory must be at least 33554432 bytes"),
    ("-5", "max_memory must be at least 33554432 bytes"),
])
def test_a_memory_budget_too_small_is_an_error(run_server, tmp_path, value, error):
    config = tmp_path / "nats.conf"
    config.write_text(f"port: -1\nmax_memory: {value}\n")
    done = run_server(["-t", "-c", config])
    assert done.returncode == 1 and error in done.stdout + done.stderr


def test_all_bounds_themselves_are_allowed(serve):
    server = serve("shards: 64\nmax_memory: 32MB")
    assert server.json("/varz")["gomaxprocs"] == 64
    assert serve("shards: 0").json("/varz")["gomaxprocs"] >= 1


@pytest.mark.parametrize("line, changed, field", [
    ("shards: 2", "shards: 1", "Shards"),
    ("max_memory: 64MB", "max_memory: 128MB", "MaxMemory"),
    ("", "unix_mode: '0600'", "UnixMode: old=0660, new=0600\n"),
    ("unix_mode: '7'", "unix_mode: '70'", "UnixMode: old=0007, new=0070\n"),
])
def test_a_reload_may_not_change_what_is_fixed_at_start(serve, line, changed, field):
    server = serve(line)
    server.reload(f"host: 127.0.0.1\nport: -1\nhttp: 127.0.0.1:-1\n{changed}\n")
    assert "Failed to reload server configuration" in server.log()
    assert f"config reload not supported for {field}" in server.log()
    with server.connect() as client:
        client.expect_nothing()
