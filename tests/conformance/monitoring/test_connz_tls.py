"""What /connz tells of TLS.

Spec: monitoring §3.4; checklist 39.
"""
import hashlib
import ssl

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.x509.name import _ASN1Type as Type
from cryptography.x509.oid import NameOID

from harness import certificates as files

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


# ---- subjects

def attribute(oid, value, kind=None):
    """One attribute of a name; it need not be one that an authority would sign."""
    made = x509.ObjectIdentifier(oid) if isinstance(oid, str) else oid
    return x509.NameAttribute(made, value, kind, _validate=False)


def one(oid, value, kind=None):
    return [attribute(oid, value, kind)]


C, ST, L = NameOID.COUNTRY_NAME, NameOID.STATE_OR_PROVINCE_NAME, NameOID.LOCALITY_NAME
O, OU, CN = NameOID.ORGANIZATION_NAME, NameOID.ORGANIZATIONAL_UNIT_NAME, NameOID.COMMON_NAME
STREET, POSTAL, SERIAL = NameOID.STREET_ADDRESS, NameOID.POSTAL_CODE, NameOID.SERIAL_NUMBER
NINE = [one(C, "DE"), one(ST, "By"), one(L, "M"), one(O, "Acme"), one(OU, "u"), one(STREET, "s 1"),
        one(POSTAL, "80"), one(CN, "cn"), one(SERIAL, "12")]
IN_ORDER = "SERIALNUMBER=12,CN=cn,OU=u,O=Acme,POSTALCODE=80,STREET=s 1,L=M,ST=By,C=DE"
SUBJECTS = {
    "nine": (NINE, IN_ORDER),
    "reversed": (NINE[::-1], IN_ORDER),
    "the usual ones": ([one(C, "US"), one(O, "Acme"), one(OU, "A"), one(OU, "B"), one(CN, "svc")],
                       "CN=svc,OU=A+OU=B,O=Acme,C=US"),
    "mail, domain, user": (
        [one(CN, "cn"), one(NameOID.EMAIL_ADDRESS, "a@b.c"), one(NameOID.DOMAIN_COMPONENT, "x"),
         one(NameOID.DOMAIN_COMPONENT, "com"), one(NameOID.USER_ID, "bob")],
        "CN=cn,0.9.2342.19200300.100.1.1=#1303626f62,0.9.2342.19200300.100.1.25=#1303636f6d,"
        "0.9.2342.19200300.100.1.25=#130178,1.2.840.113549.1.9.1=#0c056140622e63"),
    "other types of X.520": (
        [one("2.5.4.41", "name"), one("2.5.4.4", "surname"), one("2.5.4.12", "A*B&C")],
        "2.5.4.12=#0c05412a422643,2.5.4.4=#13077375726e616d65,2.5.4.41=#13046e616d65"),
    "several in a part": (
        [[attribute(CN, "cn"), attribute(NameOID.USER_ID, "bob")],
         [attribute(OU, "b"), attribute(O, "o")], one(OU, "a")],
        "CN=cn,OU=b+OU=a,O=o,0.9.2342.19200300.100.1.1=#1303626f62"),
    "two common names": ([one(CN, "one"), one(O, "o"), one(CN, "two")], "CN=two,O=o"),
    "an empty common name": ([one(CN, "one"), one(O, "o"), one(CN, "")], "O=o"),
    "an empty organization": ([one(CN, "one"), one(O, "")], "CN=one,O="),
    "escapes": ([one(CN, ' #a,b+c"d\\e<f>g;h=i# '), one(O, "#x "), one(OU, " ")],
                'CN=\\ #a\\,b\\+c\\"d\\\\e\\<f\\>g\\;h=i#\\ ,OU=\\ ,O=\\#x\\ '),
    "controls": ([one(CN, "a\nb\x00c\x7f")], "CN=a\nb\x00c\x7f"),
    "letters": ([one(CN, "M\u00fcller \u20ac\U0001f600")], "CN=M\u00fcller \u20ac\U0001f600"),
    "T61": ([one(CN, "M\u00fc", Type.T61String)], "CN=M\u00c3\u00bc"),  # UTF-8 read as Latin-1
    "BMP": ([one(CN, "M\u00fc\u20ac", Type.BMPString)], "CN=M\u00fc\u20ac"),
    "numeric": ([one(CN, "12 3", Type.NumericString)], "CN=12 3"),
    "IA5": ([one(CN, "a@b", Type.IA5String)], "CN=a@b"),
    "printable": ([one(CN, "a*b&c", Type.PrintableString)], "CN=a*b&c"),
    "nothing": ([], None),
}


@pytest.fixture
def verifying(start, tls_block):
    """A server that asks for certificates."""
    return start(LISTEN + tls_block("verify: true"))


@pytest.fixture
def with_subject(certificates, trust):
    """A client's TLS context whose certificate has this subject."""
    def context(parts) -> ssl.SSLContext:
        subject = x509.Name([x509.RelativeDistinguishedName(part) for part in parts])
        files.write_pair(certificates, "subject", files.read_pair(certificates, "ca"),
                         subject=subject)
        made = trust("subject")
        made.maximum_version = ssl.TLSVersion.TLSv1_2  # whose handshake tells of a refusal
        return made

    return context


@pytest.mark.parametrize("parts, text", SUBJECTS.values(), ids=SUBJECTS.keys())
def test_a_subject_is_shown_in_one_form(verifying, with_subject, row, parts, text):
    with secure(verifying, with_subject(parts)) as client:
        shown = row(verifying, client, "auth=1")["tls_peer_certs"][0]
    assert shown.get("subject") == text


UNREADABLE = [
    ("\ufffe", Type.BMPString, "invalid BMPString"),
    ("abcd", Type.UniversalString, "unsupported string type: 28"),
    ("12a", Type.NumericString, "invalid NumericString"),
    ("a_b", Type.PrintableString, "invalid PrintableString"),
    ("\u00fc", Type.IA5String, "invalid IA5String"),
]


@pytest.mark.parametrize("value, kind, why", UNREADABLE)
def test_a_subject_that_cannot_be_read_fails_the_handshake(verifying, with_subject, value, kind,
                                                           why):
    with verifying.raw() as client:
        cid = client.read_info()["client_id"]
        try:
            client.start_tls(with_subject([one(CN, value, kind)]))
            client.read_to_close()
        except OSError:
            pass
    verifying.wait_log(f"cid:{cid} - TLS handshake error: tls: failed to parse client certificate: "
                       f"x509: invalid RDNSequence: invalid attribute value: {why}\n")
