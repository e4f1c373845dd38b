"""Users that a certificate names: `verify_and_map`.

Spec: accounts-and-auth §4; checklist 20, 21, 22.
"""
import ipaddress

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID

from harness import certificates as files
from harness.logins import VIOLATION, ask_in, is_let_in, lets_in, no_publish, pub, say
from harness.nkeys import Key

pytestmark = pytest.mark.later_part("users and permissions")

LISTEN = "listen: 127.0.0.1:-1\nhttp: 127.0.0.1:-1\n"
KEY, STRANGER = Key.of(1), Key.of(2)
TYPES = {
    "CN": NameOID.COMMON_NAME, "OU": NameOID.ORGANIZATIONAL_UNIT_NAME,
    "O": NameOID.ORGANIZATION_NAME, "L": NameOID.LOCALITY_NAME, "C": NameOID.COUNTRY_NAME,
    "ST": NameOID.STATE_OR_PROVINCE_NAME, "DC": NameOID.DOMAIN_COMPONENT,
    "SERIALNUMBER": NameOID.SERIAL_NUMBER, "STREET": NameOID.STREET_ADDRESS,
    "POSTALCODE": NameOID.POSTAL_CODE, "UID": NameOID.USER_ID, "E": NameOID.EMAIL_ADDRESS,
}
SANS = [x509.DNSName("d1"), x509.RFC822Name("e@x"), x509.UniformResourceIdentifier("spiffe://a/b"),
        x509.DNSName("d2"), x509.RFC822Name("f@x"),
        x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]

# Subjects as they are encoded: attributes of one component are joined with "+".
CERTIFICATES = {
    "names": ("C=US O=Acme OU=A OU=B CN=svc", SANS), "plain": ("CN=svc", []),
    "hosts": ("CN=svc", [x509.DNSName("d1")]), "dc": ("DC=com DC=acme O=Acme CN=svc", []),
    "mail": ("CN=svc E=a@b", []), "uid": ("UID=u CN=svc", []), "multi": ("CN=svc+OU=A O=Acme", []),
    "all": ("SERIALNUMBER=7 POSTALCODE=12 STREET=s_1 L=Los_Angeles ST=CA C=US O=NATS OU=NATS "
            "CN=localhost", []),
    "two": ("CN=one CN=two", []), "hash": ("CN=#a", []), "special": ("CN=a,_b+c\\<>;# O=_x_", []),
    "address": ("", [x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]),
    "nameless": ("", [x509.DNSName("d1")]), "e-mail": ("CN=svc", [x509.RFC822Name("e@x")]),
}


def name_of(text: str) -> x509.Name:
    def attribute(one: str) -> x509.NameAttribute:
        kind, value = one.split("=")
        return x509.NameAttribute(TYPES[kind], value.replace("_", " "))

    whole = text.startswith("CN=a,")  # its value holds a "+"
    return x509.Name([x509.RelativeDistinguishedName(
        [attribute(one) for one in ([part] if whole else part.split("+"))])
        for part in text.split()])


@pytest.fixture(scope="module")
def presents(certificates, trust, tmp_path_factory):
    """A client's TLS context that presents a certificate of CERTIFICATES."""
    folder = tmp_path_factory.mktemp("users")
    authority = files.read_pair(certificates, "ca")

    def context(name: str):
        if not (folder / f"{name}.pem").exists():
            subject, names = CERTIFICATES[name]
            files.write_pair(folder, name, authority, subject=name_of(subject), names=names)
        made = trust()
        made.load_cert_chain(folder / f"{name}.pem", folder / f"{name}.key")
        return made

    return context


def users(*rows: str) -> str:
    """Rows are entries, or names alone."""
    entries = (row if row.startswith("user:") or row.startswith("nkey:") else f"user: '{row}'"
               for row in rows)
    return "authorization { users: [\n" + "".join(f"  {{ {one} }}\n" for one in entries) + "] }\n"


@pytest.fixture
def mapped(start, tls_block, presents, connection):
    """Starts a server with these users; returns as whom a client with the certificate comes in."""
    def user(certificate: str, *rows: str, **options):
        server = start(LISTEN + tls_block("verify_and_map: true") + users(*rows), args=["-D"])
        with ask_in(server, presents(certificate), **options) as client:
            if not is_let_in(client):
                return None
            shown = connection(server, client.info["client_id"], "&auth=1")
            return shown["authorized_user"]

    return user


# ---- which of its names

DN = "CN=svc,OU=B,OU=A,O=Acme,C=US"  # the subject, the last component first
GROUPED = "CN=svc,OU=A+OU=B,O=Acme,C=US"  # the text of candidate 6


@pytest.mark.parametrize("rows, expected", [
    (["d1", "f@x", "e@x", "spiffe://a/b", DN], "e@x"), (["d1", "f@x"], "f@x"),
    (["d2", "d1", "spiffe://a/b", DN], "d1"), (["spiffe://a/b", "d2"], "d2"),
    ([DN, "spiffe://a/b"], "spiffe://a/b"), ([GROUPED, DN], DN), ([GROUPED], GROUPED),
    (["127.0.0.1"], None), (["svc"], None), (["D1"], None), (["E@x"], None),
    (["spiffe://a"], None)])
def test_the_first_name_that_is_a_user_counts(mapped, rows, expected):
    assert mapped("names", *rows) == expected


def test_a_user_of_another_kind_of_connection_is_passed_over(mapped):
    assert mapped("names", "user: 'e@x', connection_types: [WEBSOCKET]", "d1") == "d1"
    assert mapped("plain", "user: 'CN=svc', connection_types: [WEBSOCKET]") is None


@pytest.mark.parametrize("certificate, name, is_in", [
    ("nameless", "d1", True), ("address", "127.0.0.1", False), ("hosts", "CN=svc", True),
    ("mail", "a@b", False), ("e-mail", "e@x", True)])
def test_alternative_names_count_and_addresses_do_not(mapped, certificate, name, is_in):
    assert mapped(certificate, name) == (name if is_in else None)


# ---- the subject

SUBJECTS = [
    ("names", DN, True), ("names", DN.replace(",", ", "), True),
    ("names", "C=US,O=Acme,OU=A,OU=B,CN=svc", True),
    ("names", "OU=A,CN=svc,O=Acme,OU=B,C=US", True),
    ("names", "cn=svc,ou=B,ou=A,o=Acme,c=US", True),
    ("names", "CN=Svc,OU=B,OU=A,O=Acme,C=US", False),
    ("names", "CN=svc,OU=B,OU=A,O=Acme", False), ("names", "CN=svc,OU=B+OU=A,O=Acme,C=US", False),
    ("names", DN + ",L=x", False), ("names", GROUPED.replace(",", ", "), False),
    ("names", GROUPED.lower(), False),
    ("plain", "CN=svc", True), ("plain", "svc", False), ("plain", "CN= svc ", True),
    ("all", "SERIALNUMBER=7,CN=localhost,OU=NATS,O=NATS,POSTALCODE=12,STREET=s 1,L=Los Angeles,"
            "ST=CA,C=US", True),
    ("all", "CN=localhost,OU=NATS,O=NATS,C=US,ST=CA,L=Los Angeles,STREET=s 1,POSTALCODE=12,"
            "SERIALNUMBER=7", True),
    ("dc", "CN=svc,O=Acme,DC=acme,DC=com", True), ("dc", "DC=com,DC=acme,O=Acme,CN=svc", True),
    ("dc", "CN=svc,O=Acme,DC=com,DC=acme", True), ("dc", "CN=svc, O=Acme, DC=acme, DC=com", True),
    ("dc", "O=Acme,CN=svc,DC=com,DC=acme", True), ("dc", "CN=svc,O=Acme", True),
    ("dc", "CN=svc,O=Acme,DC=com", False), ("dc", "CN=svc, O=Acme", False),
    # attributes that are not known leave only the text without them
    ("mail", "CN=svc", True), ("mail", "CN=svc,emailAddress=a@b", False), ("uid", "CN=svc", True),
    ("uid", "CN=svc,UID=u", False), ("uid", "cn=svc", False),
    ("multi", "O=Acme,CN=svc+OU=A", True), ("multi", "O=Acme,OU=A+CN=svc", True),
    ("multi", "CN=svc,OU=A,O=Acme", True), ("multi", "CN=svc, OU=A, O=Acme", False),
    ("two", "CN=two,CN=one", True), ("two", "CN=one,CN=two", True), ("two", "CN=two", True),
    ("two", "CN=one", False),
    ("hash", "CN=\\#a", True), ("hash", "CN=#a", False),
    ("special", "CN=a\\, b\\+c\\\\\\<\\>\\;#,O=\\ x\\ ", True),
    ("special", "O=\\ x\\ ,CN=a\\, b\\+c\\\\\\<\\>\\;#", True),
    ("special", "CN=a\\2c b\\2bc\\\\\\<\\>\\;#,O=\\ x\\20", True),
    ("special", "CN=a, b+c", False),
]


@pytest.mark.parametrize("certificate, name, is_in", SUBJECTS)
def test_a_subject_is_compared_as_a_name_and_then_as_text(mapped, certificate, name, is_in):
    assert mapped(certificate, name) == (name if is_in else None)


def test_users_that_are_no_names_do_not_matter(mapped):
    rows = ["no name", "=", ",", "CN", "CN=,", "CN=svc,", "CN=\\", "+", "CN=#04", "a=b=c"]
    assert mapped("names", *rows, DN) == DN


def test_a_user_in_order_is_preferred_to_one_in_another_order(mapped):
    assert mapped("dc", "O=Acme,CN=svc,DC=com,DC=acme", "CN=svc,O=Acme,DC=acme,DC=com") == (
        "CN=svc,O=Acme,DC=acme,DC=com")


# ---- password, name and key beside the certificate

@pytest.mark.parametrize("row, options, is_in", [
    ("user: 'CN=svc'", {}, True), ("user: 'CN=svc'", {"pass": "p"}, False),
    ("user: 'CN=svc', password: p", {}, False),
    ("user: 'CN=svc', password: p", {"pass": "p"}, True),
    ("user: 'CN=svc', password: p", {"pass": "x"}, False),
    ("user: 'CN=svc'", {"user": "CN=svc"}, True), ("user: 'CN=svc'", {"user": "other"}, True),
    ("user: 'CN=svc'", {"auth_token": "t"}, True), ("user: 'CN=svc'", {"jwt": "x"}, True)])
def test_the_password_counts_and_the_name_does_not(mapped, row, options, is_in):
    assert mapped("plain", row, "user: other, password: p", **options) == (
        "CN=svc" if is_in else None)


def test_a_name_beside_the_certificate_is_warned_of(start, tls_block, presents):
    server = start(LISTEN + tls_block("verify_and_map: true") + users("CN=svc"))
    assert lets_in(server, presents("plain"), user='o"ther')
    server.wait_log('[WRN] User "o\\"ther" found in connect proto, but user required from cert\n')


@pytest.mark.parametrize("options, expected", [
    ({}, "CN=svc"), ({"nkey": KEY.public, "sig": KEY.sign}, KEY.public),
    ({"nkey": KEY.public, "sig": STRANGER.sign}, None), ({"nkey": KEY.public}, None),
    ({"nkey": STRANGER.public, "sig": STRANGER.sign}, None)])
def test_a_key_wins_over_a_certificate(mapped, options, expected):
    assert mapped("plain", "CN=svc", f"nkey: {KEY.public}", **options) == expected


def test_a_certificate_that_names_nobody_is_refused_whatever_is_said(mapped):
    assert mapped("plain", "user: a, password: b", user="a", **{"pass": "b"}) is None


def test_no_auth_user_is_not_for_those_with_a_certificate(start, tls_block, presents):
    server = start(LISTEN + tls_block("verify_and_map: true") + "no_auth_user: x\n"
                   + users("user: x, password: y"))
    assert not lets_in(server, presents("plain"))


def test_a_certificate_brings_permissions(start, tls_block, presents):
    server = start(LISTEN + tls_block("verify_and_map: true")
                   + users("user: 'CN=svc', permissions: { publish: a }"))
    with ask_in(server, presents("plain")) as client:
        client.ping()
        assert say(client, pub("a") + pub("b")) == no_publish("b")


def test_a_client_without_certificate_does_not_come_so_far(start, tls_block, trust):
    server = start(LISTEN + tls_block("verify_and_map: true") + users("CN=svc"))
    with server.raw() as client:
        client.read_info()
        try:
            client.start_tls(trust())
            client.connect(user="CN=svc")
            assert client.read_to_close() == b""
        except OSError:
            pass  # the alert may come during the handshake, or instead of an answer


@pytest.mark.parametrize("more", ["", "verify: true"])
def test_where_nothing_is_mapped_a_name_needs_its_password(start, tls_block, presents, more):
    server = start(LISTEN + tls_block(more) + users("user: 'CN=svc', password: p", "d1"))
    assert not lets_in(server, presents("hosts"))
    assert not lets_in(server, presents("plain"), user="CN=svc")
    assert lets_in(server, presents("plain"), user="CN=svc", **{"pass": "p"})


# ---- what the log says

@pytest.mark.parametrize("certificate, name, logged", [
    ("names", "f@x", 'Using email found in cert for auth ["f@x"]'),
    ("names", "d2", 'Using SAN found in cert for auth ["d2"]'),
    ("names", "spiffe://a/b", 'Using URI found in cert for auth ["spiffe://a/b"]'),
    ("names", DN, f'Using DistinguishedNameMatch for auth ["{DN}"]'),
    ("names", GROUPED, f'Using certificate subject for auth ["{GROUPED}"]')])
def test_the_log_says_which_name_counted(start, tls_block, presents, certificate, name, logged):
    server = start(LISTEN + tls_block("verify_and_map: true") + users(name), args=["-D"])
    with ask_in(server, presents(certificate)) as client:
        assert is_let_in(client)
        server.wait_log(f"[DBG] 127.0.0.1:{client.sock.getsockname()[1]} - "
                        f"cid:{client.info['client_id']} - {logged}\n")


@pytest.mark.parametrize("row, logged", [
    ("d9", "authentication error"), ("user: 'CN=svc', password: p",
                                     'authentication error - User "CN=svc"')])
def test_a_refused_certificate_stands_in_the_log(start, tls_block, presents, close_reason, row,
                                                 logged):
    server = start(LISTEN + tls_block("verify_and_map: true") + users(row))
    with ask_in(server, presents("plain")) as client:
        assert client.read_to_close() == VIOLATION
        cid = client.info["client_id"]
    server.wait_log(f" - cid:{cid} - {logged}\n")
    assert close_reason(server, cid) == "Authentication Failure"


def test_users_without_password_are_no_reason_for_a_warning(start, tls_block):
    log = start(LISTEN + tls_block("verify_and_map: true") + users("CN=svc")).log()
    assert "Plaintext passwords" not in log


# ---- a reload

def test_a_certificate_that_is_removed_from_the_list_is_closed(start, tls_block, presents,
                                                               close_reason):
    block = LISTEN + tls_block("verify_and_map: true")
    server = start(block + users("CN=svc", "d1"))
    with ask_in(server, presents("plain")) as gone, ask_in(server, presents("hosts")) as stays:
        assert is_let_in(gone) and is_let_in(stays)
        server.reload(block + users("d1"))
        assert gone.read_to_close() == b""
        assert close_reason(server, gone.info["client_id"]) == "Client Closed"
        stays.expect_nothing()
