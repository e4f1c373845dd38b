"""What the program says of itself, and of what it cannot do yet."""
import pathlib
import re
import subprocess

import pytest

pytestmark = pytest.mark.gannet_only("has a name, options and gaps of its own")


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
