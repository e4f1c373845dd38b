"""TLS before INFO: `handshake_first`, with and without a fallback.

Spec: client-protocol §2.3; checklist 19-21.
"""
import threading
import time

import pytest

LISTEN = "listen: 127.0.0.1:-1\nhttp: 127.0.0.1:-1\n"
CONNECT = b'CONNECT {"verbose":false}\r\n'
ALWAYS = ["true", '"true"', '"on"']
AUTO = ['"auto"', '"auto_fallback"', '"50ms"']


def tls_first(client, context) -> dict:
    """The handshake, INFO inside it, CONNECT and PING; returns INFO."""
    client.start_tls(context)
    info = client.read_info()
    client.send(CONNECT)
    client.expect_nothing()
    return info


@pytest.mark.parametrize("key, value", [("handshake_first", value) for value in ALWAYS + AUTO]
                         + [("first", "true"), ("immediate", "true")])
def test_info_comes_inside_tls(start, trust, tls_block, key, value):
    server = start(LISTEN + tls_block(f"{key}: {value}"))
    with server.raw() as client:
        info = tls_first(client, trust())
        assert info["tls_required"] is True
        assert "tls_available" not in info
        shown = server.json("/connz")["connections"][0]
    assert shown["tls_first"] is True
    assert shown["tls_version"] == "1.3"


@pytest.mark.parametrize("value", ALWAYS)
def test_nothing_is_sent_in_the_clear(start, close_reason, tls_block, value):
    server = start(LISTEN + tls_block(f"handshake_first: {value}, timeout: 0.4"))
    with server.raw() as client:
        since = time.monotonic()
        assert client.read_to_close() == b""
        assert time.monotonic() - since >= 0.35
    closed = server.wait_for(lambda: server.json("/connz?state=closed")["connections"], "its end")
    assert closed[0]["reason"] == "TLS Handshake Failure"


def test_a_client_that_talks_in_the_clear_gets_no_info(start, tls_block):
    server = start(LISTEN + "allow_non_tls: true\n" + tls_block("handshake_first: true"))
    with server.raw() as client:
        client.send(CONNECT + b"PING\r\n")
        answer = client.read_to_close()
    assert b"INFO" not in answer and b"PONG" not in answer and b"-ERR" not in answer


@pytest.mark.parametrize("value", ["false", '"off"'])
def test_where_it_is_off_a_client_that_begins_with_tls_fails(start, trust, tls_block, value):
    server = start(LISTEN + tls_block(f"handshake_first: {value}"))
    with server.raw() as client:
        with pytest.raises(OSError):
            client.start_tls(trust())


# ---- with a fallback

@pytest.mark.parametrize("value, least", [('"auto"', 0.03), ('"300ms"', 0.25)])
def test_a_silent_client_gets_info_in_the_clear_after_the_delay(start, trust, tls_block, value,
                                                                least):
    server = start(LISTEN + tls_block(f"handshake_first: {value}"))
    since = time.monotonic()
    with server.raw() as client:
        info = client.read_info()
        assert least <= time.monotonic() - since < 3
        assert info["tls_required"] is True
        client.start_tls(trust())
        client.send(CONNECT)
        client.expect_nothing()
        assert "tls_first" not in server.json("/connz")["connections"][0]


def test_a_client_that_begins_does_not_wait_for_the_fallback(start, trust, tls_block):
    server = start(LISTEN + tls_block('handshake_first: "5s"'))
    since = time.monotonic()
    with server.raw() as client:
        tls_first(client, trust())
        assert time.monotonic() - since < 4


def test_all_three_kinds_of_client_share_a_port(start, trust, tls_block):
    server = start(LISTEN + "allow_non_tls: true\n" + tls_block('handshake_first: "25ms"'))
    with server.raw() as first, server.raw() as then, server.raw() as plain:
        tls_first(first, trust())
        info = then.read_info()
        assert (info.get("tls_required"), info.get("tls_available")) == (None, True)
        then.start_tls(trust())
        then.send(CONNECT)
        then.expect_nothing()
        plain.read_info()
        plain.send(CONNECT)
        plain.expect_nothing()
        shown = {one["cid"]: one for one in server.json("/connz")["connections"]}
    kinds = [("tls_first" in one, "tls_version" in one) for one in shown.values()]
    assert sorted(kinds) == [(False, False), (False, True), (True, True)]


def test_a_client_that_talks_just_when_the_delay_ends_is_heard(start, tls_block):
    server = start(LISTEN + "allow_non_tls: true\n" + tls_block('handshake_first: "50ms"'))
    moment = threading.Event()
    for attempt in range(20):
        with server.raw() as client:
            moment.wait(0.048 + attempt % 10 * 0.0004)
            since = time.monotonic()
            client.send(CONNECT + b"PING\r\n")
            try:
                client.read_info()
                client.expect(b"PONG\r\n")
            except (AssertionError, ConnectionError, ValueError):
                pass  # it came first, and was taken for TLS
            assert time.monotonic() - since < 1.5, f"attempt {attempt}"


def test_a_client_that_talks_before_the_delay_is_over_is_taken_for_tls(start, tls_block):
    server = start(LISTEN + tls_block('handshake_first: "5s"'))
    with server.raw() as client:
        client.send(CONNECT + b"PING\r\n")
        answer = client.read_to_close()
    assert b"INFO" not in answer and b"PONG" not in answer


def test_credentials_are_asked_for_inside_tls_too(start, trust, tls_block):
    server = start(LISTEN + "authorization { token: t }\n" + tls_block("handshake_first: true"))
    with server.raw() as client:
        client.start_tls(trust())
        assert client.read_info()["auth_required"] is True
        client.send(b"PING\r\n")
        assert client.read_to_close() == b"-ERR 'Authorization Violation'\r\n"
