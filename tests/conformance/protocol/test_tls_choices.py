"""What TLS offers: cipher suites, curves, versions and kinds of keys.

Spec: config-and-cli §3.8.
"""
import ssl
from pathlib import Path

import pytest

LISTEN = "listen: 127.0.0.1:-1\n"
CONNECT = b'CONNECT {"verbose":false}\r\n'


def handshake(server, context) -> str:
    """The suite that a handshake chose; raises ssl.SSLError or OSError if there is none."""
    client = server.raw()
    client.read_info()
    client.start_tls(context)
    client.send(CONNECT + b"PING\r\n")
    client.expect(b"PONG\r\n")
    suite = client.sock.cipher()[0]
    client.close()
    return suite


def tls12(trust, ciphers: str) -> ssl.SSLContext:
    context = trust()
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(ciphers)
    return context


@pytest.mark.parametrize("pair, weak, strong", [
    ("server", "ECDHE-ECDSA-AES128-SHA256", "ECDHE-ECDSA-AES128-GCM-SHA256"),
    ("server", "ECDHE-ECDSA-AES256-SHA384", "ECDHE-ECDSA-AES256-SHA"),
    ("rsa", "AES128-GCM-SHA256", "ECDHE-RSA-AES128-GCM-SHA256"),
    ("rsa", "AES256-SHA", "ECDHE-RSA-CHACHA20-POLY1305"),
    ("rsa", "ECDHE-RSA-AES128-SHA256", "ECDHE-RSA-AES256-SHA")])
def test_only_secure_suites_are_offered(start, trust, tls_block, pair, weak, strong):
    server = start(LISTEN + tls_block(pair=pair))
    with pytest.raises((ssl.SSLError, OSError)):
        handshake(server, tls12(trust, weak))
    handshake(server, tls12(trust, strong))


def test_the_suites_of_the_file_are_those_of_older_tls(start, trust, tls_block):
    server = start(LISTEN + tls_block('cipher_suites: ["TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"]'))
    with pytest.raises((ssl.SSLError, OSError)):
        handshake(server, tls12(trust, "ECDHE-ECDSA-AES128-GCM-SHA256"))
    handshake(server, tls12(trust, "ECDHE-ECDSA-AES256-GCM-SHA384"))
    handshake(server, trust())


def test_suites_of_tls_13_alone_leave_nothing_to_older_tls(start, trust, tls_block):
    server = start(LISTEN + tls_block('cipher_suites: ["TLS_AES_256_GCM_SHA384"]'))
    with pytest.raises((ssl.SSLError, OSError)):
        handshake(server, tls12(trust, "ALL"))
    handshake(server, trust())


def test_an_insecure_suite_is_offered_where_it_is_asked_for(start, trust, tls_block):
    server = start(LISTEN + tls_block('cipher_suites: ["TLS_RSA_WITH_AES_128_GCM_SHA256"]\n'
                                      'allow_insecure_cipher_suites: true', pair="rsa"))
    handshake(server, tls12(trust, "AES128-GCM-SHA256"))


# Where a processor has instructions for AES.
fast_aes = pytest.mark.skipif(" aes " not in Path("/proc/cpuinfo").read_text(encoding="utf-8"),
                              reason="this processor has no instructions for AES")


@fast_aes
def test_the_cheapest_suite_is_chosen(start, trust, tls_block):
    server = start(LISTEN + tls_block())
    assert handshake(server, trust()) == "TLS_AES_128_GCM_SHA256"


@fast_aes
@pytest.mark.parametrize("pair, offered, chosen", [
    ("server", "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES128-GCM-SHA256",
     "ECDHE-ECDSA-AES128-GCM-SHA256"),
    ("server", "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305",
     "ECDHE-ECDSA-AES256-GCM-SHA384"),
    ("server", "ECDHE-ECDSA-AES256-SHA:ECDHE-ECDSA-AES128-SHA", "ECDHE-ECDSA-AES128-SHA"),
    # A client that prefers ChaCha20 to AES has no instructions for the latter.
    ("server", "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-ECDSA-AES128-GCM-SHA256",
     "ECDHE-ECDSA-CHACHA20-POLY1305"),
    ("rsa", "ECDHE-RSA-CHACHA20-POLY1305:ECDHE-RSA-AES128-GCM-SHA256",
     "ECDHE-RSA-CHACHA20-POLY1305")])
def test_the_server_chooses_among_the_suites_that_a_client_offers(start, trust, tls_block, pair,
                                                                  offered, chosen):
    server = start(LISTEN + tls_block(pair=pair))
    assert handshake(server, tls12(trust, offered)) == chosen


@fast_aes
def test_the_order_of_suites_in_the_file_means_nothing(start, trust, tls_block):
    server = start(LISTEN + tls_block(
        'cipher_suites: ["TLS_RSA_WITH_AES_128_GCM_SHA256", "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA",'
        ' "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA"]\nallow_insecure_cipher_suites: true', pair="rsa"))
    offered = "AES128-GCM-SHA256:ECDHE-RSA-AES256-SHA:ECDHE-RSA-AES128-SHA"
    assert handshake(server, tls12(trust, offered)) == "ECDHE-RSA-AES128-SHA"


@pytest.mark.parametrize("curve, is_offered", [("secp384r1", True), ("prime256v1", False)])
def test_the_curves_of_the_file_are_those_offered(start, trust, tls_block, curve, is_offered):
    server = start(LISTEN + tls_block("curve_preferences: [CurveP384]"))
    context = trust()
    context.set_ecdh_curve(curve)
    if is_offered:
        handshake(server, context)
    else:
        with pytest.raises((ssl.SSLError, OSError)):
            handshake(server, context)


def test_the_least_version_of_the_file_holds(start, trust, tls_block):
    server = start(LISTEN + tls_block('min_version: "1.3"'))
    with pytest.raises((ssl.SSLError, OSError)):
        handshake(server, tls12(trust, "ALL"))
    handshake(server, trust())


def test_each_kind_of_key_is_served_from_one_of_several_certificates(start, certificates, trust):
    server = start(LISTEN + f"""tls {{ certs: [
        {{ cert_file: "{certificates}/server.pem", key_file: "{certificates}/server.key" }},
        {{ cert_file: "{certificates}/rsa.pem", key_file: "{certificates}/rsa.key" }}] }}\n""")
    handshake(server, tls12(trust, "ECDHE-ECDSA-AES128-GCM-SHA256"))
    handshake(server, tls12(trust, "ECDHE-RSA-AES128-GCM-SHA256"))
