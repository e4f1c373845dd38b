"""What the log says of handshakes that fail, byte by byte and by what clients show.

Spec: config-and-cli §7.6. A reset may be met by a read or a write; what is sent before a reset is
therefore read to its end first.
"""
import datetime
import re
import socket
import ssl
import struct
import time

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from harness import certificates as files

LISTEN = "listen: 127.0.0.1:-1\n"
ERROR = "TLS handshake error: "
SHARED = (0xC02B,)  # of the server's kind of key
TLS_1_3 = (0x0304,)


def record(kind: int, body: bytes, version: int = 0x0303) -> bytes:
    return struct.pack(">BHH", kind, version, len(body)) + body


def words(numbers) -> bytes:
    return b"".join(struct.pack(">H", number) for number in numbers)


def extension(number: int, body: bytes) -> bytes:
    return struct.pack(">HH", number, len(body)) + body


def hello(legacy: int = 0x0303, versions=None, **differs) -> bytes:
    """A client's hello: `versions` by the extension that lists them, else `legacy` alone. `differs`
    may give other `suites`, key-exchange `groups`, signature schemes, `compression`."""
    suites = differs.get("suites", SHARED)
    compression = differs.get("compression", b"\0")
    groups = words(differs.get("groups", (0x1D, 0x17)))
    signatures = words(differs.get("signatures", (0x0403, 0x0804, 0x0401)))
    extensions = extension(10, struct.pack(">H", len(groups)) + groups) if groups else b""
    if signatures:
        extensions += extension(13, struct.pack(">H", len(signatures)) + signatures)
    if versions:
        extensions += extension(43, bytes([2 * len(versions)]) + words(versions))
        share = struct.pack(">HH", 0x1D, 32) + b"\x09" + bytes(31)
        extensions += extension(51, struct.pack(">H", len(share)) + share)
    body = (struct.pack(">H", legacy) + bytes(range(32)) + b"\0"
            + struct.pack(">H", 2 * len(suites)) + words(suites)
            + bytes([len(compression)]) + compression
            + struct.pack(">H", len(extensions)) + extensions)
    message = b"\x01" + struct.pack(">I", len(body))[1:] + body
    return record(0x16, message, 0x0301)


class Stranger:
    """A connection that fails its handshake, and what the log says of it."""

    def __init__(self, server):
        self.server = server
        self.client = server.raw()
        self.cid = self.client.read_info()["client_id"]
        self.own = self.client.sock.getsockname()

    def says(self, level: str, text: str) -> None:
        self.server.wait_log(f"[{level}] 127.0.0.1:{self.own[1]} - cid:{self.cid} - {text}\n")

    def await_answer(self) -> None:
        """Reads a first part of what the server answers to a hello."""
        assert self.client.read_exactly(1)

    def end(self) -> None:
        """Ends its stream and reads the server's to its end: nothing is left that would reset."""
        self.client.sock.shutdown(socket.SHUT_WR)
        self.client.read_to_close()


@pytest.fixture
def stranger(start, tls_block):
    made = Stranger(start(LISTEN + tls_block(), args=["-D"]))
    with made.client:
        yield made


# ---- the stream ends

def test_a_client_that_leaves_at_once_is_an_end(stranger):
    stranger.end()
    stranger.says("ERR", ERROR + "EOF")


@pytest.mark.parametrize("sent", [b"\x16", b"\x16\x03\x01", hello()[:5], hello()[:40]])
def test_an_end_within_a_record_is_unexpected(stranger, sent):
    stranger.client.send(sent)
    stranger.end()
    stranger.says("ERR", ERROR + "unexpected EOF")


def test_an_end_between_records_is_an_end(stranger):
    stranger.client.send(record(0x16, hello()[5:45], 0x0301))
    stranger.end()
    stranger.says("ERR", ERROR + "EOF")


@pytest.mark.parametrize("more, text", [(b"", "EOF"), (b"\x16\x03", "unexpected EOF"),
                                        (b"\x16\x03\x03\0\x10ab", "unexpected EOF")])
def test_so_it_is_after_the_hello(stranger, more, text):
    stranger.client.send(hello())
    stranger.await_answer()
    stranger.client.send(more)
    stranger.end()
    stranger.says("ERR", ERROR + text)


def test_a_reset_names_both_ends(stranger):
    stranger.client.reset()
    stranger.says("ERR", ERROR + f"read tcp 127.0.0.1:{stranger.server.port}->127.0.0.1:"
                  f"{stranger.own[1]}: read: connection reset by peer")


def test_a_reset_after_the_hello_names_them_too(stranger):
    stranger.client.send(hello())
    stranger.await_answer()
    stranger.client.reset()
    stranger.says("ERR", ERROR + f"read tcp 127.0.0.1:{stranger.server.port}->127.0.0.1:"
                  f"{stranger.own[1]}: read: connection reset by peer")


def test_behind_a_proxy_a_reset_names_the_proxys_end(start, tls_block):
    server = start(LISTEN + "proxy_protocol: true\n" + tls_block())
    with server.raw() as client:
        client.read_info()
        port = client.sock.getsockname()[1]
        client.send(b"PROXY TCP4 10.1.2.3 10.1.2.4 5000 4222\r\n" + hello())
        assert client.read_exactly(1)
        client.reset()
    server.wait_log(f"read tcp 127.0.0.1:{server.port}->127.0.0.1:{port}: read: connection reset")


# ---- what is no TLS, or not well-formed

@pytest.mark.parametrize("sent", [
    b'CONNECT {"pass":"s3cret"}\r\nPING\r\n', b"GET / HTTP/1.0\r\n\r\n",
    b"CONNECT a:1 HTTP/1.0\r\n\r\n", record(0x17, b"data"), record(0x14, b"\1"),
    record(0x63, b"what"), record(0x16, b"future", 0x1001)])
def test_what_does_not_begin_like_tls_is_for_the_curious_only(stranger, sent):
    stranger.client.send(sent)
    stranger.end()
    stranger.says("DBG", ERROR + "tls: first record does not look like a TLS handshake")
    assert "s3cret" not in stranger.server.log()


FIRST = [
    (b"\x80\x2e\x01\x03\x01\0\x15\0\0\0\x10" + b"a" * 37,
     "tls: unsupported SSLv2 handshake received"),
    (b"\x16\x03\x01\xff\xff" + b"a" * 100, "tls: oversized record received with length 65535"),
    (b"\x16\x03\x01\x48\x44" + b"a" * 100, "tls: oversized record received with length 18500"),
    (record(0x16, b"\x01\0\0\x05abcde", 0x0301), "local error: tls: error decoding message"),
    (record(0x16, b"\x63\0\0\x04abcd", 0x0301), "local error: tls: unexpected message"),
    (hello(compression=b"\1"), "tls: client does not support uncompressed connections"),
    (hello(versions=TLS_1_3, suites=(0x1301,), compression=b"\1\0"),
     "tls: TLS 1.3 client supports illegal compression methods"),
    (hello(suites=(*SHARED, 0x5600)), "tls: client using inappropriate protocol fallback"),
]


@pytest.mark.parametrize("sent, text", FIRST)
def test_a_hello_that_cannot_be_taken_is_named(stranger, sent, text):
    stranger.client.send(sent)
    stranger.end()
    stranger.says("ERR", ERROR + text)


LATER = [
    (b"PING\r\nPING\r\n", "tls: received record with version 494e when expecting version 303"),
    (hello(), "tls: received record with version 301 when expecting version 303"),
    (record(0x17, b"x" * 40), "local error: tls: unexpected message"),
    (record(0x15, bytes([3, 40])), "local error: tls: unexpected message"),
    (record(0x15, bytes([2])), "local error: tls: unexpected message"),
]


@pytest.mark.parametrize("sent, text", LATER)
def test_what_cannot_follow_a_hello_is_named(stranger, sent, text):
    stranger.client.send(hello())
    stranger.await_answer()
    stranger.client.send(sent)
    stranger.end()
    stranger.says("ERR", ERROR + text)


def test_a_record_that_nobody_encrypted_is_named(stranger):
    stranger.client.send(hello(versions=TLS_1_3, suites=(0x1301,)))
    stranger.await_answer()
    stranger.client.send(record(0x17, b"x" * 40))
    stranger.end()
    stranger.says("ERR", ERROR + "local error: tls: bad record MAC")


# ---- nothing in common

VERSIONS = "tls: client offered only unsupported versions: "
SUITES = "tls: no cipher suite supported by both client and server; client offered: "
SIGNATURES = "tls: peer doesn't support any of the certificate's signature algorithms"
NOTHING_IN_COMMON = [
    (hello(0x0302), VERSIONS + "[302 301]"),
    (hello(0x0301), VERSIONS + "[301]"),
    (hello(0x0300), VERSIONS + "[]"),
    (hello(0x0200), VERSIONS + "[]"),
    (hello(versions=(0x0302, 0x0301)), VERSIONS + "[302 301]"),
    (hello(versions=(0x7A7A, 0x0302, 0x0301, 0x0300)), VERSIONS + "[7a7a 302 301 300]"),
    (hello(0x0301, versions=(0x0302,)), VERSIONS + "[302]"),
    (hello(suites=(0xC02F,)), SUITES + "[c02f]"),
    (hello(suites=(0x0035, 0x1234)), SUITES + "[35 1234]"),
    (hello(versions=TLS_1_3, suites=(0xC02B,)), SUITES + "[c02b]"),
    (hello(groups=(0x99,)), SUITES + "[c02b]"),
    (hello(versions=TLS_1_3, suites=(0x1301,), groups=()),
     "tls: no key exchanges supported by both client and server"),
    (hello(versions=TLS_1_3, suites=(0x1301,), signatures=(0x0401,)), SIGNATURES),
    (hello(versions=TLS_1_3, suites=(0x1301,), signatures=()),
     "local error: tls: missing extension"),
]


@pytest.mark.parametrize("sent, text", NOTHING_IN_COMMON)
def test_what_the_client_offered_in_vain_is_listed(stranger, sent, text):
    stranger.client.send(sent)
    stranger.end()
    stranger.says("ERR", ERROR + text)


def test_a_server_of_the_newest_version_lists_what_it_was_offered(start, tls_block):
    made = Stranger(start(LISTEN + tls_block('min_version: "1.3"'), args=["-D"]))
    with made.client:
        made.client.send(hello())
        made.end()
        made.says("ERR", ERROR + VERSIONS + "[303 302 301]")


@pytest.mark.gannet_only("nats-server writes tens of thousands of numbers into one line")
def test_a_list_without_end_is_cut(stranger):
    stranger.client.send(hello(suites=(0x1234,) * 7000))
    stranger.end()
    stranger.server.wait_log(SUITES + "[1234 ")
    assert max(map(len, stranger.server.log().splitlines())) < 3000


# ---- alerts of the client

ALERTS = {
    0: "EOF", 1: "alert(1)", 10: "unexpected message", 20: "bad record MAC",
    21: "decryption failed", 22: "record overflow", 30: "decompression failure",
    40: "handshake failure", 41: "alert(41)", 42: "bad certificate",
    43: "unsupported certificate", 44: "revoked certificate", 45: "expired certificate",
    46: "unknown certificate", 47: "illegal parameter", 48: "unknown certificate authority",
    49: "access denied", 50: "error decoding message", 51: "error decrypting message",
    60: "export restriction", 70: "protocol version not supported",
    71: "insufficient security level", 80: "internal error", 86: "inappropriate fallback",
    90: "user canceled", 100: "no renegotiation", 109: "missing extension",
    110: "unsupported extension", 111: "certificate unobtainable", 112: "unrecognized name",
    113: "bad certificate status response", 114: "bad certificate hash value",
    115: "unknown PSK identity", 116: "certificate required", 120: "no application protocol",
    121: "encrypted client hello required", 255: "alert(255)",
}


def test_every_alert_of_a_client_has_its_name(start, tls_block):
    server = start(LISTEN + tls_block())
    for number, text in ALERTS.items():
        made = Stranger(server)
        with made.client:
            made.client.send(hello())
            made.await_answer()
            made.client.send(record(0x15, bytes([2, number])))
            made.end()
            made.says("ERR", ERROR + (text if number == 0 else "remote error: tls: " + text))


def test_a_farewell_that_is_a_warning_is_an_end(stranger):
    stranger.client.send(hello())
    stranger.await_answer()
    stranger.client.send(record(0x15, bytes([1, 0])))
    stranger.end()
    stranger.says("ERR", ERROR + "EOF")


# ---- time

@pytest.mark.parametrize("sent", [b"", hello()[:40], hello()])
def test_a_client_that_takes_too_long_is_for_the_curious_only(start, tls_block, sent):
    made = Stranger(start(LISTEN + tls_block("timeout: 0.3"), args=["-D"]))
    with made.client:
        made.client.send(sent)
        made.client.read_to_close()
        made.server.wait_log(re.compile(
            rf"\[DBG\] \S+ - cid:{made.cid} - TLS handshake (timeout|error: read tcp \S+: i/o)"))
        assert "[ERR]" not in made.server.log()


# ---- certificates

def failure_of(start, tls_block, context) -> str:
    """What a server that asks for certificates logs of a client with this context."""
    made = Stranger(start(LISTEN + tls_block("verify: true")))
    with made.client:
        try:
            made.client.start_tls(context)
            made.client.read_to_close()  # with TLS 1.3, the first read tells
        except OSError:
            pass
    line = re.compile(rf"\[ERR\] \S+ - cid:{made.cid} - {ERROR}(.*)")
    return made.server.wait_log(line)[1]


@pytest.fixture(params=[ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3], ids=["1.2", "1.3"])
def version(request):
    return request.param


@pytest.fixture
def shows(certificates, trust, version):
    """A client's TLS context with a pair that is written for it, signed by the authority unless
    `issuer` is another one."""
    def context(name: str, issuer="ca", **differs) -> ssl.SSLContext:
        signer = files.read_pair(certificates, issuer) if issuer else None
        files.write_pair(certificates, name, signer, **differs)
        made = trust(name)
        made.minimum_version = made.maximum_version = version
        return made

    return context


def shown(folder, *names) -> str:
    """How the log lists certificates: the subject and the fingerprint of each."""
    def of(name):
        certificate = files.read_pair(folder, name)[0]
        subject = certificate.subject.rfc4514_string()
        return f"{subject} SHA-256: {certificate.fingerprint(hashes.SHA256()).hex()}"

    return f"({'; '.join(map(of, names))})"


VERIFY = "tls: failed to verify certificate: x509: "


def test_a_missing_certificate_is_named(start, tls_block, trust, version):
    context = trust()
    context.minimum_version = context.maximum_version = version
    text = failure_of(start, tls_block, context)
    assert text == "tls: client didn't provide a certificate"


@pytest.mark.parametrize("days, word, end", [((-30, -2), "after", -2), ((10, 20), "before", 10)])
def test_a_certificate_of_another_time_is_named_with_the_times(
        start, tls_block, shows, certificates, days, word, end):
    text = failure_of(start, tls_block, shows("untimely", days=days))
    match = re.fullmatch(
        re.escape(VERIFY) + r"certificate has expired or is not yet valid: current time (\S+) is "
        + word + r" (\S+) " + re.escape(shown(certificates, "untimely", "ca")), text)
    assert match, text
    now, limit = map(datetime.datetime.fromisoformat, match.groups())
    assert abs(now.timestamp() - time.time()) < 60
    assert abs(limit.timestamp() - now.timestamp() - end * 86400) < 60


def test_a_certificate_by_an_unknown_authority_is_named(start, tls_block, shows, certificates):
    files.write_pair(certificates, "other")
    text = failure_of(start, tls_block, shows("byother", issuer="other"))
    assert text == (VERIFY + "certificate signed by unknown authority "
                    + shown(certificates, "byother"))


def test_a_certificate_signed_by_itself_is_named(start, tls_block, shows, certificates):
    text = failure_of(start, tls_block, shows("alone", issuer=None))
    unknown = VERIFY + "certificate signed by unknown authority "
    assert text == unknown + shown(certificates, "alone")


def test_its_time_counts_more_than_who_signed_it(start, tls_block, shows, certificates):
    text = failure_of(start, tls_block, shows("oldalone", issuer=None, days=(-30, -2)))
    assert text.startswith(VERIFY + "certificate has expired or is not yet valid: current time ")


def test_a_certificate_for_another_purpose_is_named(start, tls_block, shows, certificates):
    text = failure_of(start, tls_block,
                      shows("forservers", purposes=[ExtendedKeyUsageOID.SERVER_AUTH]))
    assert text == (VERIFY + "certificate specifies an incompatible key usage "
                    + shown(certificates, "forservers", "ca"))


def test_a_subject_without_common_name_is_shown_whole(start, tls_block, shows, certificates):
    files.write_pair(certificates, "other")
    subject = x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Acme, Inc")])
    text = failure_of(start, tls_block, shows("nocn", issuer="other", subject=subject))
    assert text == (VERIFY + "certificate signed by unknown authority "
                    + shown(certificates, "nocn"))


@pytest.mark.gannet_only("nats-server writes the line feed as it is")
def test_a_subject_cannot_forge_a_line_of_the_log(start, tls_block, shows, certificates):
    files.write_pair(certificates, "other")
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a\n[1] [INF] all is well")])
    text = failure_of(start, tls_block, shows("forger", issuer="other", subject=subject))
    assert "(CN=a?[1] [INF] all is well SHA-256: " in text
