"""Users that prove with a signature that they hold a key.

Spec: accounts-and-auth §2, §5; checklist 15, 16, 17; test vectors 21.1, 21.2.
"""
import base64
import json
import re

import pytest

from harness import nkeys
from harness.logins import VIOLATION, ask_in, is_let_in, lets_in, no_publish, pub, say
from harness.nkeys import Key

pytestmark = pytest.mark.later_part("users and permissions")

LISTEN = "listen: 127.0.0.1:-1\nhttp: 127.0.0.1:-1\n"
KEY, OTHER, STRANGER = Key.of(1), Key.of(2), Key.of(3)
NONCE = re.compile(r"[A-Za-z0-9_-]{15}")


def users(*rows: str, more: str = "") -> str:
    return f"{LISTEN}authorization {{ users: [\n" + "".join(
        f"  {{ {row} }}\n" for row in rows) + f"] }}\n{more}"


BOTH = users(f"nkey: {KEY.public}", f"nkey: {OTHER.public}", "user: a, password: b")


# ---- the tests' own keys

VECTORS = [
    ("SUAKYRHVIOREXV7EUZTBHUHL7NUMHPMAS7QMDU3GTIUWEI5LDNOXD43IZY",
     "UD466L6EBCM3YY5HEGHJANNTN4LSKTSUXTH7RILHCKEQMQHTBNLHJJXT"),
    ("SOAFYNORQLQFJYBYNUGC5D7SH2MXMUX5BFEWWGHN3EK4VGG5TPT5DZP7QU",
     "OCAT33MTVU2VUOIMGNGUNXJ66AH2RLSDAF3MUBCYAY5QMIL65NQM6XQG"),
    ("SAANDLKMXL6CUS3CP52WIXBEDN6YJ545GDKC65U5JZPPV6WH6ESWUA6YAI",
     "ABJHLOVMPA4CI6R5KLNGOB4GSLNIY7IOUPAJC4YFNDLQVIOBYQGUWVLA")]


@pytest.mark.parametrize("seed, public", VECTORS)
def test_seeds_and_keys_of_the_tests_are_those_of_the_spec(seed, public):
    key = Key.from_seed(seed)
    assert (key.seed, key.public) == (seed, public)


def test_a_signature_of_the_tests_is_that_of_the_spec():
    assert Key.from_seed(VECTORS[0][0]).sign("PXoWU7zWAMt75FY") == (
        "Q7NJw8_tdpboin6l4FenR7icGxNUSaae6dgxOc11QNoD33vfRfG2CFWjqpnEbLOVOQJjNBlkJT4n9AJ_OG4kDQ")


# ---- the nonce

@pytest.mark.parametrize("config, has_nonce", [
    ("", False), ("authorization { user: a, password: b }\n", False),
    ("authorization { token: t }\n", False), ("authorization { users: [{user: a}] }\n", False),
    (f"authorization {{ users: [{{nkey: {KEY.public}}}] }}\n", True),
    (f"authorization {{ users: [{{user: a}}, {{nkey: {KEY.public}}}] }}\n", True),
    (f"proxies {{ trusted: [{{key: {KEY.public}}}] }}\n", True)])
def test_a_nonce_is_sent_where_something_may_be_signed(start, config, has_nonce):
    with start(LISTEN + config).raw() as client:
        assert bool(NONCE.fullmatch(client.read_info().get("nonce", ""))) == has_nonce


def test_every_connection_has_a_nonce_of_its_own(start):
    server = start(BOTH)
    nonces = []
    for _ in range(50):
        with server.raw() as client:
            nonces.append(client.read_info()["nonce"])
    assert len(set(nonces)) == 50
    assert all(NONCE.fullmatch(nonce) for nonce in nonces)


# ---- the signature

def padded(nonce: str) -> str:
    return base64.b64encode(KEY.sign_bytes(nonce.encode())).decode()


def of_decoded(nonce: str) -> str:
    return nkeys.base64url(KEY.sign_bytes(base64.urlsafe_b64decode(nonce + "=")))


def flipped(nonce: str) -> str:
    signature = bytearray(KEY.sign_bytes(nonce.encode()))
    signature[0] ^= 1
    return nkeys.base64url(bytes(signature))


def of_other_length(size: int):
    return lambda nonce: nkeys.base64url((KEY.sign_bytes(nonce.encode()) * 2)[:size])


SIGNATURES = {
    "base64url": (KEY.sign, True), "padded base64": (padded, True),
    "one pad too few": (lambda nonce: padded(nonce)[:-1], False),
    "decoded nonce": (of_decoded, False), "another key": (OTHER.sign, False),
    "one bit": (flipped, False), "none": ("", False), "no base64": ("!!", False),
    "too short": (of_other_length(63), False), "too long": (of_other_length(65), False),
    "zeros": (nkeys.base64url(bytes(64)), False), "empty nonce": (KEY.sign(""), False),
    "longer nonce": (lambda nonce: KEY.sign(nonce + "x"), False), "a NUL": ("\0", False),
    "text": ("a" * 86, False), "huge": ("a" * 3000, False),
}


@pytest.mark.parametrize("sign, is_right", SIGNATURES.values(), ids=SIGNATURES.keys())
def test_the_text_of_the_nonce_must_be_signed_with_the_key(start, sign, is_right):
    server = start(BOTH)
    assert lets_in(server, nkey=KEY.public, sig=sign) == is_right


@pytest.mark.parametrize("number", range(6))
def test_any_signature_may_be_padded_base64(start, number):
    """Among these are some with the letters that only one of the alphabets has."""
    key = Key.of(number)
    server = start(users(f"nkey: {key.public}"))

    def sign(nonce: str) -> str:
        return base64.b64encode(key.sign_bytes(nonce.encode())).decode()

    assert all(lets_in(server, nkey=key.public, sig=sign) for _ in range(4))


@pytest.mark.parametrize("nkey", [STRANGER.public, KEY.public.lower(), KEY.public[:-1], "U",
                                  KEY.public + " ", KEY.seed, Key.of(1, nkeys.ACCOUNT).public])
def test_a_key_that_is_not_in_the_list_is_refused(start, nkey):
    server = start(BOTH)
    for sign in (KEY.sign, STRANGER.sign):
        assert not lets_in(server, nkey=nkey, sig=sign)


def test_a_signature_does_for_its_own_connection_only(start, close_reason):
    server = start(BOTH)
    with ask_in(server, nkey=KEY.public, sig=KEY.sign) as client:
        assert is_let_in(client)
        replayed = KEY.sign(client.info["nonce"])
        with ask_in(server, nkey=KEY.public, sig=replayed) as thief:
            assert thief.read_to_close() == VIOLATION
            assert close_reason(server, thief.info["client_id"]) == "Authentication Failure"
    assert not lets_in(server, nkey=KEY.public, sig=replayed)


def test_a_second_connect_may_use_the_same_nonce(start):
    server = start(BOTH)
    with ask_in(server, nkey=KEY.public, sig=KEY.sign) as client:
        assert is_let_in(client)
        client.connect(nkey=OTHER.public, sig=OTHER.sign(client.info["nonce"]))
        assert is_let_in(client)
        client.connect(nkey=KEY.public, sig=OTHER.sign(client.info["nonce"]))
        assert client.read_to_close() == VIOLATION


# ---- which method decides

@pytest.mark.parametrize("options, is_in", [
    ({"nkey": KEY.public, "sig": KEY.sign, "user": "a", "pass": "wrong"}, True),
    ({"nkey": KEY.public, "sig": KEY.sign, "user": "nobody"}, True),
    ({"nkey": KEY.public, "sig": KEY.sign, "auth_token": "x"}, True),
    ({"nkey": KEY.public, "sig": KEY.sign, "jwt": "x.y.z"}, True),
    ({"nkey": KEY.public, "sig": OTHER.sign, "user": "a", "pass": "b"}, False),
    ({"nkey": STRANGER.public, "sig": STRANGER.sign, "user": "a", "pass": "b"}, False),
    ({"nkey": "", "sig": KEY.sign, "user": "a", "pass": "b"}, True),
    ({"sig": KEY.sign, "user": "a", "pass": "b"}, True),
    ({"user": "a", "pass": "b"}, True), ({"user": KEY.public, "sig": KEY.sign}, False),
    ({"user": KEY.public}, False), ({"sig": KEY.sign}, False),
    ({"jwt": "x.y.z", "sig": KEY.sign}, False), ({}, False)])
def test_a_key_wins_over_a_user(start, options, is_in):
    assert lets_in(start(BOTH), **options) == is_in


def test_a_server_without_keys_takes_no_notice_of_one(start):
    server = start(users("user: a, password: b"))
    assert lets_in(server, user="a", nkey=STRANGER.public, sig="x", **{"pass": "b"})
    assert not lets_in(server, nkey=STRANGER.public, sig=STRANGER.sign)


@pytest.mark.parametrize("types, is_in", [("standard", True), ("WEBSOCKET", False)])
def test_a_key_may_be_for_some_kinds_of_connection(start, types, is_in):
    server = start(users(f"nkey: {KEY.public}, allowed_connection_types: [{types}]"))
    assert lets_in(server, nkey=KEY.public, sig=KEY.sign) == is_in


# ---- what a user with a key is

def test_a_key_has_permissions(start):
    server = start(users(f"nkey: {KEY.public}, permissions: {{ publish: a }}",
                         f"nkey: {OTHER.public}"))
    for key, answer in ((KEY, no_publish("b")), (OTHER, b"")):
        with ask_in(server, nkey=key.public, sig=key.sign) as client:
            assert say(client, pub("a") + pub("b")) == answer


def test_a_client_is_told_its_key(start):
    server = start(BOTH)
    with ask_in(server, nkey=KEY.public, sig=KEY.sign) as client:
        client.ping()
        client.send(b"SUB who 1\r\nPUB $SYS.REQ.USER.INFO who 0\r\n\r\n")
        size = re.fullmatch(rb"MSG who 1 (\d+)\r\n", client.read_line())[1]
        assert json.loads(client.read_exactly(int(size)))["data"]["user"] == KEY.public


def test_the_log_names_the_key(start):
    server = start(BOTH, args=["-DV"])
    with ask_in(server, nkey=KEY.public, sig=KEY.sign) as client:
        assert is_let_in(client)
        cid = client.info["client_id"]
        server.wait_log(f' - cid:{cid} - "$G/nkey:{KEY.public}" - <<- [PING]\n')
        assert KEY.sign(client.info["nonce"]) not in server.log()


def test_a_refused_key_is_named_in_the_log(start):
    server = start(BOTH, args=["-DV"])
    with ask_in(server, nkey=STRANGER.public, sig=STRANGER.sign) as client:
        assert client.read_to_close() == VIOLATION
        assert STRANGER.sign(client.info["nonce"]) not in server.log()
    server.wait_log(f'authentication error - Nkey "{STRANGER.public}"\n')


def test_a_refused_subscription_of_a_key_is_logged_with_its_name(start):
    server = start(users(f"nkey: {KEY.public}, permissions: {{ subscribe: a }}"))
    with ask_in(server, nkey=KEY.public, sig=KEY.sign) as client:
        client.ping()
        say(client, b"SUB b 7\r\n")
    server.wait_log(f'"$G/nkey:{KEY.public}" - Subscription Violation - Subject "b", SID 7\n')
