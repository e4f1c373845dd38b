"""TLS on the client port, after a plaintext INFO.

Spec: client-protocol §2.2; checklist 18. Options of the `tls` block: config/test_tls_options.py.
"""
import re
import ssl
import time

import pytest

LISTEN = "listen: 127.0.0.1:-1\nhttp: 127.0.0.1:-1\n"
CONNECT = b'CONNECT {"verbose":false,"protocol":1}\r\n'


def flags(info: dict) -> dict:
    return {key: value for key, value in info.items() if key.startswith("tls_")}


def upgrade(client, context) -> dict:
    """INFO, the handshake, CONNECT and PING; returns the INFO that follows."""
    client.read_info()
    client.start_tls(context)
    client.send(CONNECT + b"PING\r\n")
    client.expect(b"PONG\r\n")
    return client.read_info()


@pytest.mark.parametrize("more, expected", [
    ("", {"tls_required": True}),
    ("verify: true", {"tls_required": True, "tls_verify": True}),
    ("timeout: 1", {"tls_required": True})])
def test_info_says_what_is_asked_for(start, tls_block, more, expected):
    with start(LISTEN + tls_block(more)).raw() as client:
        info = client.read_info()
    assert flags(info) == expected
    keys = list(info)
    assert keys[keys.index("headers") + 1:][:len(expected)] == list(expected)


def test_the_handshake_follows_info(start, trust, tls_block):
    server = start(LISTEN + tls_block())
    with server.raw() as client:
        second = upgrade(client, trust())
        assert flags(second) == {"tls_required": True}
        client.send(b"SUB a 1\r\nPUB a 100000\r\n" + b"x" * 100000 + b"\r\n")
        client.expect(b"MSG a 1 100000\r\n")
        assert client.read_exactly(100002) == b"x" * 100000 + b"\r\n"
        shown = server.json("/connz")["connections"][0]
    assert shown["tls_version"] == "1.3"
    assert shown["tls_cipher_suite"].startswith("TLS_")
    assert "tls_first" not in shown


@pytest.mark.parametrize("version, shown", [(ssl.TLSVersion.TLSv1_2, "1.2"),
                                            (ssl.TLSVersion.TLSv1_3, "1.3")])
def test_both_current_versions_are_spoken(start, trust, tls_block, version, shown):
    server = start(LISTEN + tls_block())
    context = trust()
    context.minimum_version = context.maximum_version = version
    with server.raw() as client:
        upgrade(client, context)
        assert server.json("/connz")["connections"][0]["tls_version"] == shown


def test_a_client_that_talks_in_the_clear_is_closed(start, close_reason, tls_block):
    server = start(LISTEN + tls_block())
    with server.raw() as client:
        cid = client.read_info()["client_id"]
        client.send(CONNECT + b"PING\r\n")
        answer = client.read_to_close()
    assert b"PONG" not in answer and b"INFO" not in answer and b"-ERR" not in answer
    assert close_reason(server, cid) == "TLS Handshake Failure"


def test_a_client_that_stays_silent_is_closed(start, close_reason, tls_block):
    server = start(LISTEN + tls_block("timeout: 0.3"))
    with server.raw() as client:
        cid = client.read_info()["client_id"]
        since = time.monotonic()
        assert client.read_to_close() in (b"", b"-ERR 'Secure Connection - TLS Required'\r\n")
        assert time.monotonic() - since >= 0.25
    assert close_reason(server, cid) == "TLS Handshake Failure"


def test_a_client_that_does_not_trust_the_server_leaves_a_failed_handshake(
        start, close_reason, tls_block):
    server = start(LISTEN + tls_block())
    with server.raw() as client:
        cid = client.read_info()["client_id"]
        with pytest.raises(ssl.SSLError):
            client.start_tls(ssl.create_default_context())
    assert close_reason(server, cid) == "TLS Handshake Failure"
    server.wait_log(re.compile(rf"\[ERR\] \S+ - cid:{cid} - TLS handshake error: \S"))
    if server.is_gannet:
        server.wait_log("TLS handshake error: remote error: tls: unknown certificate authority")


def test_what_is_not_tls_at_all_is_no_error_in_the_log(start, close_reason, tls_block):
    server = start(LISTEN + tls_block(), args=["-D"])
    with server.raw() as client:
        cid = client.read_info()["client_id"]
        client.send(CONNECT + b"PING\r\n")
        client.read_to_close()
    server.wait_log(re.compile(rf"\[DBG\] \S+ - cid:{cid} - TLS handshake error: \S"))
    assert "[ERR]" not in server.log()


# ---- certificates of clients

def test_a_client_with_a_certificate_comes_in(start, trust, tls_block):
    server = start(LISTEN + tls_block("verify: true"))
    with server.raw() as client:
        upgrade(client, trust("client"))
        client.expect_nothing()


def test_a_client_without_one_does_not(start, close_reason, trust, tls_block):
    server = start(LISTEN + tls_block("verify: true"))
    with server.raw() as client:
        cid = client.read_info()["client_id"]
        with pytest.raises((OSError, AssertionError)):  # with TLS 1.3, the first read tells
            client.start_tls(trust())
            client.send(CONNECT + b"PING\r\n")
            client.read_until(b"PONG\r\n")
    assert close_reason(server, cid) == "TLS Handshake Failure"


@pytest.mark.parametrize("pinned, comes_in", [("client", True), ("server2", False)])
def test_only_pinned_certificates_come_in(start, close_reason, trust, tls_block, key_pin, pinned,
                                          comes_in):
    server = start(LISTEN + tls_block(f'verify: true, pinned_certs: ["{key_pin(pinned)}"]'))
    with server.raw() as client:
        if comes_in:
            upgrade(client, trust("client"))
            return
        cid = client.read_info()["client_id"]
        client.start_tls(trust("client"))
        assert client.read_to_close() == b""
    assert close_reason(server, cid) == "TLS Handshake Failure"


# ---- both on one port

def test_plaintext_and_tls_share_a_port(start, trust, tls_block):
    server = start(LISTEN + "allow_non_tls: true\n" + tls_block())
    with server.raw() as plain, server.raw() as safe:
        info = plain.read_info()
        assert flags(info) == {"tls_available": True}
        plain.send(CONNECT + b"SUB a 1\r\nPING\r\n")
        plain.expect(b"PONG\r\n")
        assert flags(plain.read_info()) == {"tls_available": True}
        assert flags(upgrade(safe, trust())) == {"tls_available": True}
        safe.send(b"PUB a 2\r\nok\r\n")
        plain.expect(b"MSG a 1 2\r\nok\r\n")


@pytest.mark.parametrize("first", [b"P", b"PI", b"PING\r", b"PING\r\nP", b"\n"])
def test_the_bytes_read_ahead_are_not_lost(start, tls_block, first):
    server = start(LISTEN + "allow_non_tls: true\n" + tls_block("timeout: 0.5"))
    with server.raw() as client:
        client.read_info()
        client.send(first)
        if first == b"\n":
            assert client.read_to_close() == b"-ERR 'Unknown Protocol Operation'\r\n"
            return
        client.send(b"PING\r\nPING\r\n"[len(first):])
        client.expect(b"PONG\r\nPONG\r\n")


def test_where_both_are_allowed_silence_means_plaintext(start, tls_block):
    server = start(LISTEN + "allow_non_tls: true\n" + tls_block("timeout: 0.3"))
    with server.raw() as client, server.raw() as other:
        client.read_info()
        other.read_info()
        since = time.monotonic()
        server.wait_for(lambda: time.monotonic() - since > 0.5, "the handshake's time to pass")
        client.expect_nothing()


# ---- too many handshakes

def test_more_handshakes_in_a_second_than_allowed_are_refused(start, close_reason, trust,
                                                              tls_block):
    server = start(LISTEN + tls_block("connection_rate_limit: 2"))
    throttled = []
    for _ in range(6):
        with server.raw() as client:
            cid = client.read_info()["client_id"]
            try:
                client.start_tls(trust())
                client.send(CONNECT + b"PING\r\n")
                client.expect(b"PONG\r\n")
            except (ssl.SSLError, OSError):
                throttled.append(cid)
    assert len(throttled) >= 2
    assert close_reason(server, throttled[-1]) == "Maximum Connections Exceeded"
    server.wait_log(re.compile(r"\[WRN\] Rejected [1-6] connections due to TLS rate limiting\n"))


def test_the_refusal_comes_in_the_clear(start, tls_block):
    server = start(LISTEN + tls_block("connection_rate_limit: 1, timeout: 5"))
    refusal = b"-ERR 'Connection throttling is active. Please try again later.'\r\n"
    with server.raw() as first:
        first.read_info()

        def refused():
            with server.raw() as client:
                client.read_info()
                client.timeout = 0.3
                try:
                    return client.read_to_close()
                except AssertionError:  # a new second has begun
                    return b""

        assert server.wait_for(refused, "a refusal") == refusal
