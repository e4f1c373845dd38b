"""The pid file and the ports file: where, when, what is in them.

Spec: config-and-cli §6.4, §6.5; checklist 62-64.
"""
import json
import os
import re
import stat

import pytest

LISTEN = "listen: 127.0.0.1:-1\n"

# ---- the standard descriptors


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_a_closed_standard_descriptor_leads_nowhere(start, tmp_path, closed):
    """No socket may get its number: what is written to it would reach a client."""
    log = tmp_path / "log"
    server = start(LISTEN + f"log_file: {log}\n", wait=False,
                   wrapper=["sh", "-c", f'exec "$0" "$@" {closed}'])
    server.wait_for(lambda: log.exists() and "Server is ready" in log.read_text(), "the log")
    numbers = [number for number, sign in ((0, "<&-"), (1, " >&-"), (2, "2>&-"))
               if sign in f" {closed}"]
    for number in numbers:
        assert os.readlink(f"/proc/{server.pid}/fd/{number}") == "/dev/null"


def ports_file(folder, server):
    (path,) = list(folder.glob(f"*_{server.pid}.ports")) or [None]
    return path


def ports(folder, server) -> dict:
    """The content of the ports file, which is written a moment after the server is ready."""

    def content():
        path = ports_file(folder, server)
        return path and path.read_text()

    text = server.wait_for(content, "a ports file with content")
    assert not text.endswith("\n")
    return json.loads(text)


# ---- pid file

@pytest.mark.parametrize("how", ["pid_file: {0}/pid", "pidfile: '{0}/pid'", "-P", "--pid"])
def test_the_pid_file_holds_digits_only_and_stays(start, tmp_path, how):
    path = tmp_path / "pid"
    if how.startswith("-"):
        server = start(args=["-a", "127.0.0.1", "-p", "-1", how, str(path)])
    else:
        server = start(LISTEN + how.format(tmp_path))
    assert path.read_bytes() == str(server.pid).encode()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    server.stop()
    assert path.read_bytes() == str(server.pid).encode()


def test_an_old_pid_file_is_overwritten_and_keeps_its_mode(start, tmp_path):
    path = tmp_path / "pid"
    path.write_text("123456789 and more\n")
    path.chmod(0o640)
    server = start(LISTEN + f"pid_file: {path}\n")
    assert path.read_bytes() == str(server.pid).encode()
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_the_pid_file_is_there_before_a_listener_fails(start, run_server, tmp_path):
    port = start().port
    path = tmp_path / "pid"
    done = run_server(["-a", "127.0.0.1", "-p", str(port), "-P", str(path)])
    assert done.returncode == 1
    assert path.read_text().isdigit()


# ---- ports file

def test_the_ports_file_lists_the_listeners_and_goes_with_the_server(start, tmp_path):
    server = start(LISTEN + f"http: 127.0.0.1:-1\nports_file_dir: {tmp_path}\n")
    assert ports(tmp_path, server) == {
        "nats": [f"nats://127.0.0.1:{server.port}"],
        "monitoring": [f"http://127.0.0.1:{server.monitor_port}"]}
    path = ports_file(tmp_path, server)
    assert re.fullmatch(r"(nats-server|gannet)_\d+\.ports", path.name)
    assert stat.S_IMODE(path.stat().st_mode) & ~0o666 == 0
    server.stop()
    assert not path.exists()


def test_the_ports_file_is_named_by_a_flag_too(start, tmp_path):
    server = start(args=["-a", "127.0.0.1", "-p", "-1", "--ports_file_dir", str(tmp_path)])
    assert ports(tmp_path, server) == {"nats": [f"nats://127.0.0.1:{server.port}"]}


SCHEMES = [("", "tls", "https"), ("allow_non_tls: true\n", "nats", "https")]


@pytest.mark.parametrize("more, clients, monitoring", SCHEMES)
def test_the_schemes_follow_tls(
        start, tmp_path, certificates, more, clients, monitoring):
    server = start(LISTEN + more + f"https: 127.0.0.1:-1\nports_file_dir: {tmp_path}\ntls {{"
                   f" cert_file: {certificates}/server.pem, key_file: {certificates}/server.key }}")
    found = ports(tmp_path, server)
    assert found["nats"] == [f"{clients}://127.0.0.1:{server.port}"]
    assert re.fullmatch(rf"{monitoring}://127\.0\.0\.1:\d+", found["monitoring"][0])


def test_an_ipv6_address_is_bracketed(start, tmp_path):
    server = start(f'listen: "[::1]:-1"\nports_file_dir: {tmp_path}\n')
    assert ports(tmp_path, server) == {"nats": [f"nats://[::1]:{server.port}"]}


def test_a_host_name_is_resolved(start, tmp_path):
    server = start(f'listen: "localhost:-1"\nports_file_dir: {tmp_path}\nclient_advertise: "a:5"\n')
    (url,) = ports(tmp_path, server)["nats"]
    assert url in (f"nats://127.0.0.1:{server.port}", f"nats://[::1]:{server.port}")


# ---- what a reload does to them

def test_a_reload_moves_the_ports_file_and_writes_a_new_pid_file(start, tmp_path):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    config = LISTEN + "pid_file: {0}/{1}/pid\nports_file_dir: {0}/{1}\n"
    server = start(config.format(tmp_path, "one"))
    before = ports(tmp_path / "one", server)

    server.reload(config.format(tmp_path, "two"))

    assert ports(tmp_path / "two", server) == before
    assert ports_file(tmp_path / "one", server) is None
    for name in ("one", "two"):  # the old pid file stays
        assert (tmp_path / name / "pid").read_text() == str(server.pid)
    assert f"Reloaded: pid_file = {tmp_path}/two/pid\n" in server.log()
    assert f"Reloaded: ports_file_dir = {tmp_path}/two\n" in server.log()


def test_a_pid_file_that_cannot_be_written_at_reload_is_an_error_line(start, tmp_path):
    server = start(LISTEN)
    server.reload(LISTEN + f"pid_file: {tmp_path}/none/pid\n")
    assert "Reloaded server configuration" in server.log()
    assert (f"[ERR] Failed to write pidfile: open {tmp_path}/none/pid: no such file or directory\n"
            in server.log())
