"""The PROXY protocol, versions 1 and 2, on the client port.

Spec: client-protocol §2.4; checklist 22-25.
"""
import socket
import struct
import time

import pytest

from harness.client import Client

LISTEN = "listen: 127.0.0.1:-1\nhttp: 127.0.0.1:-1\nproxy_protocol: true\n"
CONNECT = b'CONNECT {"verbose":false,"protocol":1}\r\n'
SIGNATURE = bytes.fromhex("0D0A0D0A000D0A515549540A")
V1 = b"PROXY TCP4 192.0.2.7 192.0.2.1 5555 4222\r\n"
IPV4 = (socket.inet_aton("192.0.2.7") + socket.inet_aton("192.0.2.1")
        + struct.pack(">HH", 5555, 4222))
IPV6 = (socket.inet_pton(socket.AF_INET6, "2001:db8::7")
        + socket.inet_pton(socket.AF_INET6, "2001:db8::1") + struct.pack(">HH", 5555, 4222))


def v2(command: int, family: int, rest: bytes, version: int = 2) -> bytes:
    return SIGNATURE + bytes([version << 4 | command, family]) + struct.pack(">H", len(rest)) + rest


# Header, address and port of the client as the server sees it; None: as it is.
ACCEPTED = [
    (V1, "192.0.2.7", 5555),
    (b"PROXY TCP6 2001:db8::7 2001:db8::1 5555 4222\r\n", "2001:db8::7", 5555),
    (b"PROXY TCP4 192.0.2.7 192.0.2.1 1 65535\r\n", "192.0.2.7", 1),
    (b"PROXY UNKNOWN\r\n", None, None),
    (b"PROXY UNKNOWN what ever\r\n", None, None),
    (v2(1, 0x11, IPV4), "192.0.2.7", 5555),
    (v2(1, 0x11, IPV4 + b"\x04\x00\x01x"), "192.0.2.7", 5555),
    (v2(1, 0x21, IPV6), "2001:db8::7", 5555),
    (v2(1, 0x21, IPV6 + b"y" * 300), "2001:db8::7", 5555),
    (v2(0, 0x00, b""), None, None),
    (v2(0, 0x11, IPV4), None, None),
    (v2(0, 0x00, b"z" * 20), None, None),
    (v2(1, 0x01, b""), None, None),
    (v2(1, 0x01, b"t" * 9), None, None),
    (b"", None, None),
]
INVALID = "invalid PROXY protocol header: "
UNSUPPORTED = "unsupported PROXY protocol feature: "
REFUSED = [
    (b"PROXY TCP4 1.2.3.4 5.6.7.8 1\r\n", INVALID + "invalid v1 format"),
    (b"PROXY TCP4 1.2.3.4 5.6.7.8 1 2 3\r\n", INVALID + "invalid v1 format"),
    (b"PROXY TCP4 1.2.3 5.6.7.8 1 2\r\n", INVALID + "invalid address"),
    (b"PROXY TCP4 ::1 5.6.7.8 1 2\r\n", INVALID + "TCP4 with IPv6 address"),
    (b"PROXY TCP4 1.2.3.4 ::1 1 2\r\n", INVALID + "TCP4 with IPv6 address"),
    (b"PROXY TCP6 1.2.3.4 5.6.7.8 1 2\r\n", INVALID + "TCP6 with IPv4 address"),
    (b"PROXY UDP4 1.2.3.4 5.6.7.8 1 2\r\n", INVALID + "invalid protocol UDP4"),
    (b"PROXY tcp4 1.2.3.4 5.6.7.8 1 2\r\n", INVALID + "invalid protocol tcp4"),
    (b"PROXY TCP4 1.2.3.4 5.6.7.8 65536 2\r\n", "invalid source port: "),
    (b"PROXY TCP4 1.2.3.4 5.6.7.8 x 2\r\n", "invalid source port: "),
    (b"PROXY TCP4 1.2.3.4 5.6.7.8 1 -2\r\n", "invalid dest port: "),
    (b"PROXY TCP4 " + b"1" * 200, INVALID + "v1 line too long"),
    (v2(1, 0x11, IPV4, version=1), INVALID + "invalid version 0x10"),
    (v2(2, 0x11, IPV4), ""),
    (v2(1, 0x12, IPV4), UNSUPPORTED + "only STREAM protocol supported"),
    (v2(1, 0x31, b"p" * 216), UNSUPPORTED + "unsupported address family 0x30"),
    (v2(1, 0x11, IPV4[:11]), "IPv4 address data too short: 11 bytes"),
    (v2(1, 0x21, IPV4), "IPv6 address data too short: 12 bytes"),
]


def greet(client, header: bytes) -> dict:
    """Sends the header and what a client sends at once; returns the INFO after the PONG."""
    client.read_info()
    client.send(header + CONNECT + b"PING\r\n")
    client.expect(b"PONG\r\n")
    return client.read_info()


@pytest.mark.parametrize("header, ip, port", ACCEPTED)
def test_the_header_says_where_the_client_is(start, connection, header, ip, port):
    server = start(LISTEN)
    with server.raw() as client:
        info = greet(client, header)
        client.expect_nothing()
        shown = connection(server, info["client_id"])
        own_port = client.sock.getsockname()[1]
    assert info["client_ip"] == (ip or "127.0.0.1")
    assert (shown["ip"], shown["port"]) == (ip or "127.0.0.1", own_port if port is None else port)


def test_the_first_info_does_not_name_the_proxy(start):
    with start(LISTEN).raw() as client:
        info = client.read_info()
    assert "client_ip" not in info
    assert info["client_id"] > 0


@pytest.mark.parametrize("header, error", REFUSED)
def test_a_malformed_header_closes_without_a_word(start, close_reason, header, error):
    server = start(LISTEN)
    with server.raw() as client:
        cid = client.read_info()["client_id"]
        client.send(header)
        assert client.read_to_close() == b""
        address = client.sock.getsockname()[1]
    assert close_reason(server, cid) == "Protocol Violation"
    server.wait_log(f"[WRN] Error reading PROXY protocol header from 127.0.0.1:{address}: {error}")


@pytest.mark.parametrize("header", [V1, v2(1, 0x11, IPV4 + b"tlv")])
def test_a_header_may_come_in_pieces(start, header):
    server = start(LISTEN)
    with server.raw() as other:
        other.read_info()
        other.send(b"PING\r\n")
        other.expect(b"PONG\r\n")
        for at in range(1, len(header)):
            with server.raw() as client:
                client.read_info()
                client.send(header[:at])
                other.ping()
                client.send(header[at:] + CONNECT + b"PING\r\n")
                client.expect(b"PONG\r\n")
                assert client.read_info()["client_ip"] == "192.0.2.7", at


@pytest.mark.parametrize("first", [b"P", b"PRO", b"PING\r\n", b"PROXX", b"\r\n"])
def test_a_client_without_a_proxy_loses_no_bytes(start, first):
    server = start(LISTEN)
    with server.raw() as client:
        client.read_info()
        client.send(first)
        if first in (b"PROXX", b"PRO", b"\r\n"):
            client.send(b"      ")
            assert client.read_to_close() == b"-ERR 'Unknown Protocol Operation'\r\n"
            return
        client.send(b"PING\r\nPING\r\n"[len(first):])
        client.expect(b"PONG\r\nPONG\r\n")


@pytest.mark.parametrize("header", [V1, v2(1, 0x11, IPV4), b""])
@pytest.mark.parametrize("tls", [True, False])
def test_the_header_comes_before_tls_or_plaintext(start, trust, tls_block, header, tls):
    server = start(LISTEN + "allow_non_tls: true\n" + tls_block())
    with server.raw() as client:
        client.send(header)
        client.read_info()
        if tls:
            client.start_tls(trust())
        client.send(CONNECT + b"PING\r\n")
        client.expect(b"PONG\r\n")
        assert client.read_info()["client_ip"] == ("192.0.2.7" if header else "127.0.0.1")


@pytest.mark.parametrize("first", ["false", "true"])
@pytest.mark.parametrize("header", [V1, v2(1, 0x11, IPV4), b""])
def test_the_header_comes_before_required_tls(start, trust, tls_block, header, first):
    server = start(LISTEN + tls_block(f"handshake_first: {first}"))
    with server.raw() as client:
        client.send(header)
        if first == "false":
            client.read_info()
        client.start_tls(trust())
        if first == "true":
            client.read_info()
        client.send(CONNECT + b"PING\r\n")
        client.expect(b"PONG\r\n")
        assert client.read_info()["client_ip"] == ("192.0.2.7" if header else "127.0.0.1")


def test_credentials_are_checked_behind_a_proxy_too(start):
    server = start(LISTEN + "authorization { token: t }\n")
    with server.raw() as client:
        client.read_info()
        client.send(V1 + b"PING\r\n")
        assert client.read_to_close() == b"-ERR 'Authorization Violation'\r\n"


@pytest.mark.parametrize("sent, least, most", [(b"", 4.5, 8), (b"PRO", 9, 14)],
                         ids=["silence", "a part"])
def test_a_header_does_not_let_itself_be_waited_for(start, close_reason, sent, least, most):
    server = start(LISTEN)
    with Client.to(server.host, server.port, 2 * server.timeout) as client:
        cid = client.read_info()["client_id"]
        since = time.monotonic()
        client.send(sent)
        assert client.read_to_close() == b""
        assert least <= time.monotonic() - since < most
    assert close_reason(server, cid) == "Protocol Violation"


def test_without_the_option_a_header_is_no_operation(server):
    for header in (V1, v2(1, 0x11, IPV4)):
        with server.raw() as client:
            client.read_info()
            client.send(header)
            assert client.read_to_close() == b"-ERR 'Unknown Protocol Operation'\r\n"
