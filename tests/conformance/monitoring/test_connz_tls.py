"""What /connz tells of TLS.

Spec: monitoring §3.4; checklist 39.
"""
import hashlib
import ssl

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization

LISTEN = "listen: 127.0.0.1:-1\nhttp: 127.0.0.1:-1\n"


def secure(server, context, first=False):
    client = server.raw()
    if not first:
        client.read_info()
    client.start_tls(context)
    if first:
        client.read_info()
    client.connect()
    client.ping()
    return client


def test_version_and_suite_are_shown(start, trust, tls_block, row):
    server = start(LISTEN + tls_block())
    with secure(server, trust()) as client:
        shown = row(server, client)
        assert (shown["tls_version"], shown["tls_cipher_suite"]) == ("1.3", client.sock.cipher()[0])
        names = list(shown)
        assert names[names.index("subscriptions") + 1:] == ["tls_version", "tls_cipher_suite"]


SUITES = [("ECDHE-ECDSA-AES128-GCM-SHA256", "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"),
          ("ECDHE-ECDSA-AES256-GCM-SHA384", "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"),
          ("ECDHE-ECDSA-CHACHA20-POLY1305", "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256")]


@pytest.mark.parametrize("suite, shown_as", SUITES)
def test_a_suite_of_1_2_has_its_registered_name(start, trust, tls_block, row, suite, shown_as):
    server = start(LISTEN + tls_block())
    context = trust()
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(suite)
    with secure(server, context) as client:
        shown = row(server, client)
        assert (shown["tls_version"], shown["tls_cipher_suite"]) == ("1.2", shown_as)


def test_the_clients_certificate_is_shown_when_asked_for(start, certificates, trust, tls_block,
                                                         row):
    server = start(LISTEN + tls_block("verify: true"))
    certificate = x509.load_pem_x509_certificate((certificates / "client.pem").read_bytes())
    der = certificate.public_bytes(serialization.Encoding.DER)
    key = certificate.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    with secure(server, trust("client")) as client:
        assert "tls_peer_certs" not in row(server, client)
        shown = row(server, client, "auth=1")["tls_peer_certs"]
        assert shown[0] == {"subject": "CN=client", "spki_sha256": hashlib.sha256(key).hexdigest(),
                            "cert_sha256": hashlib.sha256(der).hexdigest()}
        assert list(shown[0]) == ["subject", "spki_sha256", "cert_sha256"]
        assert [one["subject"] for one in shown[1:]] == ["CN=ca"]  # as the client sent them


def test_a_client_without_certificate_shows_none(start, trust, tls_block, row):
    server = start(LISTEN + tls_block())
    with secure(server, trust()) as client:
        assert "tls_peer_certs" not in row(server, client, "auth=1")


def test_a_handshake_that_came_first_is_shown(start, trust, tls_block, row):
    server = start(LISTEN + tls_block("handshake_first: true"))
    with secure(server, trust(), first=True) as client:
        assert row(server, client)["tls_first"] is True


def test_a_handshake_in_progress_holds_up_nothing(start, tls_block, row):
    server = start(LISTEN + tls_block())
    with server.raw() as client:
        client.read_info()
        client.send(b"\x16\x03\x01")
        for query in ("", "auth=1", "subs=detail"):
            shown = server.wait_for(lambda: row(server, client, query), "the connection", 3)
            assert [name for name in shown if name.startswith("tls_")] == []


def test_a_client_in_the_clear_shows_no_tls(start, tls_block, row):
    server = start(LISTEN + "allow_non_tls: true\n" + tls_block())
    with server.connect() as client:
        assert [name for name in row(server, client, "auth=1") if name.startswith("tls_")] == []


def test_version_and_suite_are_remembered_but_no_certificate(start, trust, tls_block, closed_row):
    server = start(LISTEN + tls_block("verify: true"))
    with secure(server, trust("client")) as client:
        cid = client.info["client_id"]
        suite = client.sock.cipher()[0]
    shown = closed_row(server, cid, "auth=1")
    assert (shown.get("tls_version"), shown.get("tls_cipher_suite")) == ("1.3", suite)
    assert "tls_peer_certs" not in shown
