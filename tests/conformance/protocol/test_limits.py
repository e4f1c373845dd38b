"""Limits: connections, subscriptions, tokens of a subject, payload.

Spec: client-protocol §1, §2.1, §5.3, §6, §7; checklist 15, 46, 47, 61.
"""
import resource
import time

import pytest

LISTEN = "listen: 127.0.0.1:-1\nhttp: 127.0.0.1:-1\n"
QUIET = b'CONNECT {"verbose":false,"pedantic":false,"headers":true}\r\n'
TOO_MANY_CONNECTIONS = b"-ERR 'maximum connections exceeded'\r\n"
TOO_MANY_SUBSCRIPTIONS = b"-ERR 'maximum subscriptions exceeded'\r\n"
TOO_BIG = b"-ERR 'Maximum Payload Violation'\r\n"


def too_many_tokens(subject: bytes) -> bytes:
    return (b"-ERR 'Permissions Violation for Subscription to \"" + subject
            + b"\", too many tokens'\r\n")


def ask(server, data: bytes) -> bytes:
    with server.raw() as client:
        client.read_info()
        client.send(data)
        return client.ping()


# ---- connections

def test_a_connection_too_many_gets_info_and_the_error(start, close_reason):
    server = start(LISTEN + "max_connections: 2\n")
    with server.connect() as first, server.raw() as second:
        second.read_info()
        with server.raw() as third:
            cid = third.read_info()["client_id"]
            assert third.read_to_close() == TOO_MANY_CONNECTIONS
        assert close_reason(server, cid) == "Maximum Connections Exceeded"
        server.wait_log(f" - cid:{cid} - maximum connections exceeded\n")
        first.expect_nothing()
        second.expect_nothing()


def test_a_connection_that_ends_makes_room(start):
    server = start(LISTEN + "max_connections: 1\n")
    for _ in range(5):
        with server.connect():
            with server.raw() as second:
                second.read_info()
                assert second.read_to_close() == TOO_MANY_CONNECTIONS
        server.wait_for(lambda: server.json("/connz")["num_connections"] == 0, "its end")


def test_many_refusals_are_one_line_a_second(start):
    server = start(LISTEN + "max_connections: 0\n")
    since = time.monotonic()
    for _ in range(50):
        with server.raw() as client:
            client.read_info()
            client.read_to_close()
    seconds = time.monotonic() - since
    lines = server.log().count("maximum connections exceeded")
    assert 1 <= lines <= 2 + seconds


def test_as_many_connections_as_the_process_may_open_files(start):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))
    try:
        server = start(LISTEN)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert resource.prlimit(server.pid, resource.RLIMIT_NOFILE)[0] >= hard - 1


@pytest.mark.parametrize("verbose", ["true", "false"])
def test_a_short_control_line_limit_holds_for_every_client(start, verbose):
    server = start(LISTEN + "max_control_line: 50\n")
    with server.raw() as client:
        client.read_info()
        client.send(b'CONNECT {"verbose":%s}\r\n' % verbose.encode())
        client.send(b"PUB " + b"a" * 49 + b" 0\r\n\r\n")
        assert client.read_to_close().endswith(b"-ERR 'maximum control line exceeded'\r\n")


def test_no_connections_at_all_can_be_allowed(start):
    server = start(LISTEN + "max_connections: 0\n")
    with server.raw() as client:
        client.read_info()
        assert client.read_to_close() == TOO_MANY_CONNECTIONS


def test_on_a_tls_port_the_error_comes_in_the_clear(start, tls_block):
    server = start(LISTEN + "max_connections: 0\n" + tls_block())
    with server.raw() as client:
        client.read_info()
        assert client.read_to_close() == TOO_MANY_CONNECTIONS


# ---- subscriptions

def test_a_subscription_too_many_is_refused_and_the_connection_stays(start):
    server = start(LISTEN + "max_subs: 2\n")
    data = QUIET + b"SUB a 1\r\nSUB b 2\r\nSUB c 3\r\nPUB a 0\r\n\r\nPUB c 0\r\n\r\n"
    assert ask(server, data) == TOO_MANY_SUBSCRIPTIONS + b"MSG a 1 0\r\n\r\n"


@pytest.mark.parametrize("operations, answer", [
    (b"SUB a 1\r\nSUB a 1\r\n", TOO_MANY_SUBSCRIPTIONS),  # before the sid is looked at
    (b"SUB a 1\r\nSUB b. 2\r\n", TOO_MANY_SUBSCRIPTIONS),  # before the subject is
    (b"SUB a. 1\r\nSUB b 2\r\nPUB b 0\r\n\r\n", b"-ERR 'Invalid Subject'\r\nMSG b 2 0\r\n\r\n"),
    (b"SUB a 1\r\nSUB b _sys_ 2\r\n", b"-ERR 'Permissions Violation for Subscription to \"b\""
                                      b" using queue \"_sys_\"'\r\n"),
    (b"SUB a 1\r\nUNSUB 1\r\nSUB b 2\r\nPUB b 0\r\n\r\n", b"MSG b 2 0\r\n\r\n"),
    (b"SUB a 1\r\nUNSUB 1 1\r\nPUB a 0\r\n\r\nSUB b 2\r\n", b"MSG a 1 0\r\n\r\n"),
    (b"SUB a 1\r\n" + b"SUB b 2\r\n" * 3, TOO_MANY_SUBSCRIPTIONS * 3),
    (b"SUB a 1\r\nCONNECT {}\r\nSUB b 1\r\nPUB b 0\r\n\r\n", b"MSG b 1 0\r\n\r\n")])
def test_the_order_of_checks(start, operations, answer):
    assert ask(start(LISTEN + "max_subscriptions: 1\n"), QUIET + operations) == answer


def test_a_verbose_client_gets_no_ok_for_it(start):
    server = start(LISTEN + "max_subs: 1\n")
    data = b"SUB a 1\r\nSUB b 2\r\nPUB a 0\r\n\r\n"
    assert ask(server, data) == b"+OK\r\n" + TOO_MANY_SUBSCRIPTIONS + b"+OK\r\nMSG a 1 0\r\n\r\n"


def test_each_connection_has_its_own_limit(start):
    server = start(LISTEN + "max_subs: 1\n")
    with server.connect() as first, server.connect() as second:
        for client in (first, second):
            client.send(b"SUB a 1\r\n")
            client.expect_nothing()


def test_the_refusal_stands_in_the_log(start):
    server = start(LISTEN + "max_subs: 1\n")
    with server.connect() as client:
        client.send(b"SUB a 1\r\nSUB b 2\r\n")
        client.ping()
        server.wait_log(f" - cid:{client.info['client_id']} - maximum subscriptions exceeded\n")


# ---- tokens of a subject

@pytest.mark.parametrize("operations, answer", [
    (b"SUB a.b.c 1\r\nPUB a.b.c 0\r\n\r\n", b"MSG a.b.c 1 0\r\n\r\n"),
    (b"SUB a.b.c.d 1\r\n", too_many_tokens(b"a.b.c.d")),
    (b"SUB a.b.c.d q 1\r\n", too_many_tokens(b"a.b.c.d")),
    (b"SUB a.b.c.> 1\r\n", too_many_tokens(b"a.b.c.>")),
    (b"SUB *.*.*.* 1\r\n", too_many_tokens(b"*.*.*.*")),
    (b"SUB ... 1\r\n", too_many_tokens(b"...")),
    (b"SUB a..b 1\r\n", b"-ERR 'Invalid Subject'\r\n"),
    (b'SUB a.b"c.d.e 1\r\n', too_many_tokens(rb'a.b\"c.d.e')),
    (b"SUB a.b.c.d 1\r\nSUB a 1\r\nPUB a 0\r\n\r\n",
     too_many_tokens(b"a.b.c.d") + b"MSG a 1 0\r\n\r\n"),
    (b"SUB > 1\r\nPUB a.b.c.d.e 0\r\n\r\n", b"MSG a.b.c.d.e 1 0\r\n\r\n"),
    (b"SUB a.b.c.d _sys_ 1\r\n", b"-ERR 'Permissions Violation for Subscription to \"a.b.c.d\""
                                 b" using queue \"_sys_\"'\r\n")])
@pytest.mark.parametrize("key", ["max_sub_tokens", "max_subscription_tokens"])
def test_a_subscription_may_have_so_many_tokens(start, key, operations, answer):
    assert ask(start(LISTEN + key + ": 3\n"), QUIET + operations) == answer


def test_tokens_come_before_the_number_of_subscriptions(start):
    server = start(LISTEN + "max_sub_tokens: 1\nmax_subs: 1\n")
    data = QUIET + b"SUB a 1\r\nSUB a.b 1\r\nSUB a.b 2\r\nSUB b 2\r\n"
    assert ask(server, data) == too_many_tokens(b"a.b") * 2 + TOO_MANY_SUBSCRIPTIONS


def test_too_many_tokens_stand_in_the_log(start):
    server = start(LISTEN + "max_sub_tokens: 1\n")
    with server.connect() as client:
        client.send(b"SUB a.b 7\r\n")
        client.ping()
        server.wait_log(f" - cid:{client.info['client_id']} - "
                        'Subscription Violation Too Many Tokens - Subject "a.b", SID 7\n')


# ---- payload

@pytest.mark.parametrize("operation", [b"PUB a 6\r\n", b"PUB a r 6\r\n", b"HPUB a 0 6\r\n",
                                       b"HPUB a 6 6\r\n", b"PUB a 999999999\r\n"])
def test_a_payload_too_big_closes_before_it_is_read(start, close_reason, operation):
    server = start(LISTEN + "max_payload: 5\n")
    with server.raw() as client:
        cid = client.read_info()["client_id"]
        client.send(QUIET + b"SUB a 1\r\nPUB a 5\r\nhello\r\n" + operation)
        assert client.read_to_close() == b"MSG a 1 5\r\nhello\r\n" + TOO_BIG
    assert close_reason(server, cid) == "Maximum Message Payload Exceeded"
    size = int(operation.split()[-1])
    server.wait_log(f" - cid:{cid} - maximum payload exceeded: {size} vs 5\n")


def test_the_default_limit_is_a_mebibyte(server):
    size = 1 << 20
    with server.connect() as client:
        client.send(b"SUB big 1\r\nPUB big %d\r\n" % size + b"x" * size + b"\r\n")
        client.expect(b"MSG big 1 %d\r\n" % size)
        assert client.read_exactly(size + 2) == b"x" * size + b"\r\n"
        client.send(b"PUB big %d\r\n" % (size + 1))
        assert client.read_to_close() == TOO_BIG


# ---- limits that change

def test_a_payload_limit_counts_for_open_connections_at_once(start):
    server = start(LISTEN + "max_payload: 5\n")
    with server.connect() as client:
        server.reload(LISTEN + "max_payload: 10\n")
        client.send(b"SUB a 1\r\nPUB a 8\r\n12345678\r\n")
        client.expect(b"MSG a 1 8\r\n12345678\r\n")
        server.reload(LISTEN + "max_payload: 4\n")
        client.send(b"PUB a 5\r\n")
        assert client.read_to_close() == TOO_BIG
