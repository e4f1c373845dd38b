"""What TLS offers: cipher suites, curves, versions and kinds of keys.

Spec: config-and-cli §3.8.
"""
import ssl

import pytest

LISTEN = "listen: 127.0.0.1:-1\n"
CONNECT = b'CONNECT {"verbose":false}\r\n'


def handshake(server, context) -> ssl.SSLSocket:
    """The connection after a handshake; raises ssl.SSLError or OSError if there is none."""
    client = server.raw()
    client.read_info()
    client.start_tls(context)
    client.send(CONNECT + b"PING\r\n")
    client.expect(b"PONG\r\n")
    client.close()
    return client.sock


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
