"""Signals to a running server: shutdown, lame duck mode, reopen, reload; what clients see of it.

Spec: config-and-cli §6.1, §6.3, §7.3; checklist 65-67. Reopening a log file is tested with
logging, reload with reload.
"""
import re
import signal
import socket

import pytest

LISTEN = "listen: 127.0.0.1:-1\n"
QUICK_DUCK = LISTEN + 'lame_duck_duration: 30s, lame_duck_grace_period: "100ms"\n'
SLOW_DUCK = LISTEN + 'lame_duck_duration: 2h, lame_duck_grace_period: 1h\n'
SHUTDOWN = ["Initiating Shutdown...", "Server Exiting.."]
DUCK = "Entering lame duck mode, stop accepting new clients"


def texts(server, levels="INF|WRN|ERR|FTL") -> list:
    """The texts of the log lines of these levels since the server was ready."""
    after = server.log().split("Server is ready\n", 1)[1]
    return re.findall(rf"\[(?:{levels})\] (.*)", after)


def refuses_connections(server) -> bool:
    try:
        socket.create_connection((server.host, server.port), timeout=5).close()
    except ConnectionRefusedError:
        return True
    return False


@pytest.mark.parametrize("number, name", [
    (signal.SIGTERM, "terminated"), (signal.SIGINT, "interrupt")])
def test_a_stop_signal_closes_clients_without_a_word_and_exits_with_zero(start, number, name):
    server = start()
    client = server.connect()
    server.signal(number)
    assert client.read_to_close() == b""
    assert server.wait_exit() == 0
    assert texts(server) == [f'Trapped "{name}" signal', *SHUTDOWN]


def test_what_was_accepted_before_the_stop_is_delivered(start):
    server = start()
    with server.connect() as subscriber, server.connect() as publisher:
        subscriber.send(b"SUB a 1\r\n")
        subscriber.ping()
        publisher.send(b"PUB a 2\r\nhi\r\n" * 100)
        publisher.ping()
        server.signal(signal.SIGTERM)
        assert subscriber.read_to_close() == b"MSG a 1 2\r\nhi\r\n" * 100
    assert server.wait_exit() == 0


def test_clients_are_closed_with_the_reason_of_a_shutdown(start):
    server = start(args=["-D"])
    client = server.connect()
    server.signal(signal.SIGTERM)
    client.read_to_close()
    server.wait_exit()
    assert re.search(r"\[DBG\] 127\.0\.0\.1:\d+ - cid:\d+ .*- Client connection closed:"
                     r" Server Shutdown\n", server.log())


def test_a_hangup_without_file_is_an_error_line(start):
    server = start()
    server.signal(signal.SIGHUP)
    server.wait_log("Failed to reload")
    assert texts(server) == [
        'Trapped "hangup" signal',
        "Failed to reload server configuration: can only reload config when a file is provided"
        " using -c or --config"]
    with server.connect() as client:
        client.expect_nothing()


def test_reopening_without_a_log_file_is_ignored(start):
    server = start()
    server.signal(signal.SIGUSR1)
    server.wait_log("File log re-open")
    assert texts(server) == ['Trapped "user defined signal 1" signal',
                             "File log re-open ignored, not a file logger"]


# ---- lame duck mode

def test_a_lame_duck_without_clients_is_a_shutdown(start):
    server = start(SLOW_DUCK)
    server.signal(signal.SIGUSR2)
    assert server.wait_exit() == 0
    assert texts(server) == ['Trapped "user defined signal 2" signal', DUCK, *SHUTDOWN]


def test_a_lame_duck_tells_its_clients_and_takes_no_new_ones(start):
    server = start(SLOW_DUCK)
    with server.connect(protocol=1) as client, server.connect(protocol=0) as old:
        client.ping()
        server.signal(signal.SIGUSR2)
        number = client.info["server_id"]
        info = client.read_info()
        assert (info["ldm"], info["server_id"]) == (True, number)
        server.wait_for(lambda: refuses_connections(server), "a closed listener")
        # Both still work; one without protocol 1 was told nothing.
        client.send(b"SUB a 1\r\n")
        client.ping()
        old.send(b"PUB a 2\r\nhi\r\n")
        assert old.ping() == b""
        client.expect(b"MSG a 1 2\r\nhi\r\n")
        server.signal(signal.SIGINT)
        server.wait_exit()


def test_during_lame_duck_mode_a_second_one_and_sigterm_are_ignored(start):
    server = start(SLOW_DUCK)
    with server.connect() as client:
        server.signal(signal.SIGUSR2)
        server.wait_log(DUCK)
        server.signal(signal.SIGUSR2)
        server.signal(signal.SIGTERM)
        server.wait_log('Trapped "terminated" signal')
        client.expect_nothing()
        server.signal(signal.SIGINT)
        assert client.read_to_close() == b""
    assert server.wait_exit() == 0
    lines = texts(server)
    assert lines.count(DUCK) == 1
    assert sorted(line for line in lines if line.startswith("Trapped")) == [
        'Trapped "interrupt" signal', 'Trapped "terminated" signal',
        'Trapped "user defined signal 2" signal', 'Trapped "user defined signal 2" signal']
    assert lines[-2:] == SHUTDOWN
    assert "Closing existing clients" not in lines


def test_after_the_grace_period_the_clients_are_closed_one_by_one(start):
    server = start(QUICK_DUCK)
    clients = [server.connect() for _ in range(2)]
    server.signal(signal.SIGUSR2)
    for client in clients:
        assert client.read_to_close() == b""
    assert server.wait_exit() == 0
    assert texts(server) == ['Trapped "user defined signal 2" signal', DUCK,
                             "Closing existing clients", *SHUTDOWN]


def test_a_lame_duck_whose_last_client_left_ends_after_the_grace_period(start):
    server = start(QUICK_DUCK)
    client = server.connect()
    server.signal(signal.SIGUSR2)
    server.wait_log(DUCK)
    client.close()
    assert server.wait_exit() == 0
    assert texts(server)[-2:] == SHUTDOWN


def test_a_lame_duck_logs_no_accept_error(start):
    server = start(QUICK_DUCK)
    with server.connect():
        server.signal(signal.SIGUSR2)
        server.wait_log(DUCK)
    server.wait_exit()
    assert "[ERR]" not in server.log()
