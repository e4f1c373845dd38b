"""The files that a `tls` block names: what the check accepts a handshake can use, and the rest is
named at its place. PEM is read block by block, as the reference does.

Spec: config-and-cli §3.8; checklist 40.
"""
import datetime
import socket
import ssl

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa
from cryptography.x509.oid import NameOID

LISTEN = "listen: 127.0.0.1:-1\n"
BAD_BASE64 = "-----BEGIN CERTIFICATE-----\n!!!!notbase64\n-----END CERTIFICATE-----\n"
BAD_DER = "-----BEGIN CERTIFICATE-----\nAAECAwQF\n-----END CERTIFICATE-----\n"
BAD_KEY = "-----BEGIN PRIVATE KEY-----\nAAECAwQF\n-----END PRIVATE KEY-----\n"
OTHER = "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n"
PAIR = "error parsing X509 certificate/key pair: "
SWITCHED = ("tls: failed to find certificate PEM data in certificate input, but did find a private"
            " key; PEM inputs may have been switched")
NO_KEY = "tls: failed to parse private key"

KEYS = {
    "rsa2048": lambda: rsa.generate_private_key(65537, 2048),
    "rsa1024": lambda: rsa.generate_private_key(65537, 1024),
    "rsa512": lambda: rsa.generate_private_key(65537, 512),
    "p256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "p384": lambda: ec.generate_private_key(ec.SECP384R1()),
    "p521": lambda: ec.generate_private_key(ec.SECP521R1()),
    "p224": lambda: ec.generate_private_key(ec.SECP224R1()),
    "k256": lambda: ec.generate_private_key(ec.SECP256K1()),
    "ed25519": ed25519.Ed25519PrivateKey.generate,
    "ed448": ed448.Ed448PrivateKey.generate,
    "dsa": lambda: dsa.generate_private_key(1024),
}


@pytest.fixture(scope="module")
def pem():
    """{kind: (certificate, key)} as PEM texts, each signed by itself."""
    def signed(key, digest) -> str:
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
        now = datetime.datetime.now(datetime.timezone.utc)
        certificate = (
            x509.CertificateBuilder().subject_name(name).issuer_name(name)
            .public_key(key.public_key()).serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=30))
            .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), False)
            .sign(key, digest))
        return certificate.public_bytes(serialization.Encoding.PEM).decode()

    def text_of(key, form=serialization.PrivateFormat.PKCS8, passphrase=None) -> str:
        how = (serialization.BestAvailableEncryption(passphrase) if passphrase
               else serialization.NoEncryption())
        return key.private_bytes(serialization.Encoding.PEM, form, how).decode()

    made = {}
    for kind, generate in KEYS.items():
        key = generate()
        digest = None if kind.startswith("ed") else hashes.SHA256()
        made[kind] = (signed(key, digest), text_of(key))
        if kind == "rsa2048":
            made["sha1"] = (signed(key, hashes.SHA1()), text_of(key))
        if kind == "p256":
            old = serialization.PrivateFormat.TraditionalOpenSSL
            made["p256_old"] = (made[kind][0], text_of(key, old))
            made["locked"] = (made[kind][0], text_of(key, passphrase=b"x"))
            made["locked_old"] = (made[kind][0], text_of(key, old, b"x"))
    return made


@pytest.fixture
def block(tmp_path):
    """A `tls` block whose files hold these texts."""
    def write(certificate: str, key: str, roots=None) -> str:
        for name, text in (("cert", certificate), ("key", key), ("roots", roots or "")):
            (tmp_path / f"{name}.pem").write_text(text)
        more = f", ca_file: {tmp_path}/roots.pem, verify: true" if roots is not None else ""
        return f"tls {{ cert_file: {tmp_path}/cert.pem, key_file: {tmp_path}/key.pem{more} }}\n"

    return write


def shake_hands(server, certificate: str) -> None:
    context = ssl.create_default_context(cadata=certificate)
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    with server.raw() as client:
        client.read_info()
        client.start_tls(context)
        client.connect()
        assert client.ping() == b""


# ---- what serves

SERVES = [
    ("rsa2048", "{c}", "{k}"), ("rsa1024", "{c}", "{k}"), ("p256", "{c}", "{k}"),
    ("p384", "{c}", "{k}"), ("p521", "{c}", "{k}"), ("ed25519", "{c}", "{k}"),
    ("sha1", "{c}", "{k}"), ("p256_old", "{c}", OTHER + "{k}"),
    ("p256", "{c}" + BAD_BASE64, "{k}"), ("p256", BAD_BASE64 + "{c}", "{k}"),
    ("p256", "{c}-----BEGIN CERTIFICATE-----\nMIIB\n", "{k}"),
    ("p256", "words before\n{c}words behind", "words\n{k}"), ("p256", "{k}{c}", "{k}{c}"),
    ("p256", "{c}{k}", "{c}{k}"),
]


@pytest.mark.parametrize("kind, certificate, key", SERVES)
def test_what_the_check_accepts_serves(start, check, pem, block, kind, certificate, key):
    c, k = pem[kind]
    config = LISTEN + block(certificate.format(c=c, k=k), key.format(c=c, k=k))
    assert check(config).valid
    shake_hands(start(config), c)


def test_a_chain_is_sent_whole(start, pem, block):
    own, key = pem["p256"]
    server = start(LISTEN + block(own + pem["p384"][0] + pem["rsa2048"][0], key))
    with server.raw() as client:
        client.read_info()
        sent = b""
        client.send(client_hello())
        while sent.count(ssl.PEM_cert_to_DER_cert(pem["rsa2048"][0])) == 0:
            part = client.sock.recv(65536)
            assert part, "closed without the chain"
            sent += part
    at = [sent.find(ssl.PEM_cert_to_DER_cert(pem[kind][0])) for kind in ("p256", "p384", "rsa2048")]
    assert at == sorted(at) and at[0] > 0


def client_hello() -> bytes:
    """The first flight of a TLS 1.2 client, whose server sends its certificates in the clear."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    out = ssl.MemoryBIO()
    client = context.wrap_bio(ssl.MemoryBIO(), out, server_hostname="localhost")
    try:
        client.do_handshake()
    except ssl.SSLWantReadError:
        pass
    return out.read()


@pytest.mark.parametrize("roots", [
    "{c}", BAD_BASE64 + "{c}", BAD_DER + "{c}", "{c}" + BAD_DER, "{k}{c}", "words\n{c}words",
    "{c}{c}"])
def test_roots_are_what_can_be_read_of_the_file(start, check, pem, block, roots, tmp_path):
    c, k = pem["p256"]
    config = LISTEN + block(c, k, roots.format(c=c, k=k))
    assert check(config).valid
    context = ssl.create_default_context(cadata=c)
    context.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
    with start(config).raw() as client:
        client.read_info()
        client.start_tls(context)
        client.connect()
        assert client.ping() == b""


@pytest.mark.parametrize("kind", ["sha1_signed", "rsa512"])
def test_a_client_certificate_that_is_too_weak_is_refused(start, pem, block, kind, tmp_path):
    own, key = pem["p256"]
    signer = pem["rsa2048"]
    made, made_key = weak_client(kind, signer)
    (tmp_path / "weak.pem").write_text(made)
    (tmp_path / "weak.key").write_text(made_key)
    server = start(LISTEN + block(own, key, signer[0]))
    context = ssl.create_default_context(cadata=own)
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    context.load_cert_chain(tmp_path / "weak.pem", tmp_path / "weak.key")
    with server.raw() as client:
        client.read_info()
        with pytest.raises((ssl.SSLError, ConnectionError, AssertionError, socket.timeout)):
            client.start_tls(context)
            client.connect()
            client.ping()
    server.wait_log("TLS handshake error: ")


def weak_client(kind: str, signer) -> tuple:
    """(certificate, key) signed by `signer`, with SHA-1 or for a small key."""
    key = rsa.generate_private_key(65537, 512 if kind == "rsa512" else 2048)
    issuer = x509.load_pem_x509_certificate(signer[0].encode())
    with_key = serialization.load_pem_private_key(signer[1].encode(), None)
    now = datetime.datetime.now(datetime.timezone.utc)
    made = (x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, kind)]))
            .issuer_name(issuer.subject).public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=30))
            .sign(with_key, hashes.SHA256() if kind == "rsa512" else hashes.SHA1()))
    return (made.public_bytes(serialization.Encoding.PEM).decode(),
            key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                              serialization.NoEncryption()).decode())


# ---- what is refused

REFUSED = [
    ("p256", "{k}", "{c}", SWITCHED), ("p256", "{k}", "{k}", SWITCHED),
    ("p256", "{c}", "{c}",
     "tls: found a certificate rather than a key in the PEM for the private key"),
    ("p256", OTHER, "{k}", 'tls: failed to find "CERTIFICATE" PEM block in certificate input after'
     " skipping PEM blocks of the following types: [EC PARAMETERS]"),
    ("p256", OTHER + "{k}", "{k}", 'tls: failed to find "CERTIFICATE" PEM block in certificate'
     " input after skipping PEM blocks of the following types: [EC PARAMETERS PRIVATE KEY]"),
    ("p256", "{c}", OTHER + "{c}", 'tls: failed to find PEM block with type ending in "PRIVATE KEY"'
     " in key input after skipping PEM blocks of the following types: [EC PARAMETERS CERTIFICATE]"),
    ("p256", "{c}", OTHER, 'tls: failed to find PEM block with type ending in "PRIVATE KEY"'
     " in key input after skipping PEM blocks of the following types: [EC PARAMETERS]"),
    ("p256", "", "{k}", "tls: failed to find any PEM data in certificate input"),
    ("p256", BAD_BASE64, "{k}", "tls: failed to find any PEM data in certificate input"),
    ("p256", "{c}", "", "tls: failed to find any PEM data in key input"),
    ("p256", BAD_DER, "{k}", "x509: malformed certificate"),
    ("p256", "{c}", BAD_KEY, NO_KEY), ("p256", "{c}", BAD_KEY + "{k}", NO_KEY),
    ("locked", "{c}", "{k}", NO_KEY), ("locked_old", "{c}", "{k}", NO_KEY),
    ("dsa", "{c}", "{k}", NO_KEY), ("ed448", "{c}", "{k}", NO_KEY),
    ("k256", "{c}", "{k}", "x509: unsupported elliptic curve"),
]


@pytest.mark.parametrize("kind, certificate, key, reason", REFUSED)
def test_what_cannot_serve_is_named_by_the_check(check, pem, block, kind, certificate, key, reason):
    c, k = pem[kind]
    outcome = check(block(certificate.format(c=c, k=k), key.format(c=c, k=k)))
    assert outcome.problems == [f"nats.conf:1:0: {PAIR}{reason}"]


@pytest.mark.parametrize("certificate, key, reason", [
    ("p256", "p384", "tls: private key does not match public key"),
    ("p256", "rsa2048", "tls: private key type does not match public key type"),
    ("ed25519", "p256", "tls: private key type does not match public key type"),
])
def test_a_key_of_another_certificate_is_named(check, pem, block, certificate, key, reason):
    outcome = check(block(pem[certificate][0], pem[key][1]))
    assert outcome.problems == [f"nats.conf:1:0: {PAIR}{reason}"]


@pytest.mark.gannet_only("the reference accepts them, and then every handshake fails")
@pytest.mark.parametrize("kind, more, reason", [
    ("rsa512", "", "tls: RSA keys of less than 1024 bits are insecure: this one has 512"),
    ("p224", "", "tls: unsupported certificate curve (P-224)"),
    ("p256", BAD_DER, "x509: malformed certificate"),
])
def test_what_could_never_shake_hands_is_refused(check, start, pem, block, kind, more, reason):
    config = LISTEN + block(pem[kind][0] + more, pem[kind][1])
    assert check(config).problems == [f"nats.conf:2:1: {PAIR}{reason}"]
    server = start(config, wait=False)
    assert server.wait_exit() == 1
    assert f"nats.conf:2:1: {PAIR}{reason}" in server.log()


@pytest.mark.parametrize("roots", ["", BAD_DER, BAD_BASE64, "{k}", OTHER, "junk"])
def test_roots_that_hold_no_certificate_are_refused(check, pem, block, roots):
    c, k = pem["p256"]
    outcome = check(block(c, k, roots.format(k=k)))
    assert outcome.problems == ["nats.conf:1:0: failed to parse root ca certificate"]


def test_a_reload_refuses_what_the_start_refuses(start, pem, block):
    good = LISTEN + block(*pem["p256"])
    server = start(good)
    server.reload(LISTEN + block(pem["p256"][1], pem["p256"][0]))
    server.wait_log(f"{PAIR}{SWITCHED}")
    shake_hands(server, pem["p256"][0])
