"""A Unix-domain socket for clients of the machine, beside the TCP listener."""
import pathlib
import re
import shutil
import signal
import socket
import ssl
import stat
import tempfile

import pytest

from harness.client import Client
from traffic import Inbox, flush, pub

pytestmark = pytest.mark.gannet_only("listens on a Unix socket")


@pytest.fixture
def path():
    """Where the socket is to be: short enough, which a test's own folder may not be."""
    folder = pathlib.Path(tempfile.mkdtemp())
    yield folder / "gannet.sock"
    shutil.rmtree(folder)


def unix_config(path, more="") -> str:
    return f'listen: "unix:{path}"\n{more}'


def local(server, path, **options) -> Client:
    sock = socket.socket(socket.AF_UNIX)
    sock.settimeout(server.timeout)
    sock.connect(str(path))
    client = Client(sock, server.timeout)
    client.handshake(**options)
    return client


def mode_of(path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def failed(server) -> str:
    """The log of a server that must not start."""
    assert server.wait_exit() == 1
    assert "Server is ready" not in server.log()
    return server.log()


def test_both_listeners_are_announced_and_greet_alike(serve, path):
    server = serve(unix_config(path))
    server.wait_log(f"Listening for client connections on unix:{path}")
    with server.connect() as tcp, local(server, path) as unix:
        differs = {key for key in tcp.info if tcp.info[key] != unix.info.get(key)}
        assert differs <= {"client_id", "client_ip"}, (tcp.info, unix.info)


@pytest.mark.parametrize("size", [0, 100, 1 << 20])
def test_messages_flow_between_unix_and_tcp_clients(serve, path, size):
    server = serve(unix_config(path, "shards: 2"))
    payload = b"x" * size
    with server.connect() as tcp, local(server, path) as unix, local(server, path) as other:
        inboxes = [Inbox(client) for client in (tcp, unix, other)]
        for inbox in inboxes:
            inbox.client.send(b"SUB a.> 1\r\n")
            assert inbox.ping() == []
        for number, publisher in enumerate((tcp, unix, other)):
            publisher.send(pub(b"a.%d" % number, payload))
            for inbox in inboxes:
                [message] = inbox.read(1)
                assert message.subject == b"a.%d" % number and message.payload == payload


@pytest.mark.parametrize("line, mode", [("", 0o660), ('unix_mode: "0600"', 0o600),
                                        ('unix_mode: "0777"', 0o777), ('unix_mode: "640"', 0o640)])
def test_the_file_has_the_mode_that_was_asked_for(serve, path, line, mode):
    serve(unix_config(path, line))
    assert stat.S_ISSOCK(path.stat().st_mode)
    assert mode_of(path) == mode, oct(mode_of(path))


def test_a_stale_socket_file_is_replaced(serve, path):
    first = serve(unix_config(path))
    first.signal(signal.SIGKILL)
    first.process.wait(first.timeout)
    assert path.exists(), "a killed server cannot clean up"

    second = serve(unix_config(path))
    with local(second, path) as client:
        flush(client)


def test_the_socket_of_a_live_server_is_not_taken_over(serve, path):
    first = serve(unix_config(path))
    log = failed(serve(unix_config(path), wait=False))
    assert re.search(rf"\[FTL\] .*listen unix {path}: bind: address already in use", log), log
    with local(first, path) as client:
        flush(client)


def test_a_file_that_is_no_socket_stays_as_it_is(serve, path):
    path.write_text("precious")
    log = failed(serve(unix_config(path), wait=False))
    assert re.search(rf"\[FTL\] .*listen unix {path}: bind: address already in use", log), log
    assert path.read_text() == "precious"


def test_a_path_longer_than_the_system_allows_is_an_error(serve, path):
    long_path = path.parent / ("x" * 120)
    log = failed(serve(unix_config(long_path), wait=False))
    assert re.search(rf"\[FTL\] .*listen unix {long_path}: path too long", log), log


def test_the_longest_path_that_fits_is_served(serve, path):
    longest = path.parent / ("x" * (107 - len(str(path.parent)) - 1))
    assert len(str(longest)) == 107
    server = serve(unix_config(longest))
    with local(server, longest) as client:
        flush(client)


def test_a_missing_folder_is_an_error(serve, path):
    nowhere = path.parent / "missing" / "gannet.sock"
    log = failed(serve(unix_config(nowhere), wait=False))
    assert re.search(rf"\[FTL\] .*listen unix {nowhere}: bind: no such file or directory", log), log


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_file_is_removed_at_shutdown(serve, path, number):
    server = serve(unix_config(path))
    with local(server, path):
        server.signal(number)
        assert server.wait_exit() in (0, 1)
    assert not path.exists()


def test_lame_duck_mode_closes_the_listener_and_keeps_the_clients(serve, path):
    server = serve(unix_config(path))
    with local(server, path) as client:
        server.signal(signal.SIGUSR2)
        server.wait_for(lambda: not path.exists(), "the file to be removed")
        flush(client)
        server.signal(signal.SIGKILL)  # a shutdown would wait for the end of lame duck mode


def test_tls_is_offered_there_too(serve, path, certificates):
    server = serve(unix_config(path, f"""tls {{
        cert_file: {certificates}/server.pem, key_file: {certificates}/server.key }}"""))
    sock = socket.socket(socket.AF_UNIX)
    sock.settimeout(server.timeout)
    sock.connect(str(path))
    with Client(sock, server.timeout) as client:
        assert client.read_info()["tls_required"]
        client.start_tls(ssl.create_default_context(cafile=certificates / "ca.pem"))
        client.connect()
        flush(client)
        [shown] = server.json("/connz")["connections"]
        assert shown["tls_version"]


def test_connz_shows_unix_clients(serve, path):
    server = serve(unix_config(path))
    with local(server, path, name="here") as unix, server.connect(name="there") as tcp:
        unix.send(b"SUB a 1\r\nPUB a 2\r\nhi\r\n")
        unix.expect(b"MSG a 1 2\r\nhi\r\n")
        flush(tcp)
        shown = {one["name"]: one for one in server.json("/connz?subs=1")["connections"]}
        assert set(shown) == {"here", "there"}
        assert (shown["here"]["ip"], shown["here"]["port"]) == ("@", 0), shown["here"]
        assert shown["here"]["in_msgs"] == shown["here"]["out_msgs"] == 1
        assert shown["here"]["subscriptions_list"] == ["a"]
        assert shown["here"]["cid"] == unix.info["client_id"]
    server.wait_for(lambda: server.json("/connz")["num_connections"] == 0, "both to leave")


def test_authorization_holds_for_unix_clients_too(serve, path):
    server = serve(unix_config(path, "authorization { user: joe, password: secret }"))
    with local(server, path, user="joe", **{"pass": "secret"}) as client:
        flush(client)
    sock = socket.socket(socket.AF_UNIX)
    sock.connect(str(path))
    with Client(sock, server.timeout) as stranger:
        stranger.read_info()
        stranger.connect(user="joe", **{"pass": "wrong"})
        assert b"-ERR 'Authorization Violation'" in stranger.read_to_close()


def test_a_reload_may_not_move_the_socket(serve, path):
    config = unix_config(path)
    server = serve(config)
    before = server.config_path.read_text()
    server.reload(before.replace(str(path), f"{path}2"))
    assert "Failed to reload server configuration" in server.log()
    assert path.exists() and not pathlib.Path(f"{path}2").exists()
    with local(server, path) as client:
        flush(client)
