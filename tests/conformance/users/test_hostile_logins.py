"""Clients that try to come in, or to come further, in ways nobody meant.

Spec: accounts-and-auth §2, §3; client-protocol §2.5, §2.6.
"""
import json

import pytest

from harness.logins import VIOLATION, ask_in, is_let_in, lets_in, no_publish, pub, say
from harness.nkeys import USER, Key, base64url, encode

pytestmark = pytest.mark.later_part("users and permissions")

KEY, OTHER = Key.of(1), Key.of(2)
CONFIG = f"""listen: 127.0.0.1:-1
http: 127.0.0.1:-1
authorization {{ users: [
  {{ user: a, password: "pass" }}
  {{ user: narrow, password: "pass", permissions: {{ publish: ok, subscribe: ok }} }}
  {{ user: hashed, password: "$2a$04$abcdefghijklmnopqrstuu12f.Pu8ic0A965BfTwGcW6x7Xin9Xgu" }}
  {{ user: long, password: "$2a$04$abcdefghijklmnopqrstuubzadhGtS2zEF.gu0yd0opP6cVzb.e0i" }}
  {{ nkey: {KEY.public} }}
] }}
"""
BIG = "max_control_line: 100k\n" + CONFIG


@pytest.mark.parametrize("user, password", [
    ("a", "pass\0"), ("a", "pass\0x"), ("a", "\0pass"), ("a\0", "pass"), ("a\0b", "pass"),
    ("hashed", "b\0"), ("hashed", "b\0c"), ("hashed", "\0b"), ("hashed\0", "b"), ("a", "pass\n"),
    ("a", "pass "), ("a", "p\u0430ss"), ("a", "PASS"), ("a", "\ud83d"), ("a", "pass\ufeff")])
def test_what_only_looks_like_the_password_is_none(start, user, password):
    server = start(CONFIG)
    assert not lets_in(server, user=user, **{"pass": password})
    assert lets_in(server, user="a", **{"pass": "pass"})


@pytest.mark.parametrize("length, is_in", [(72, True), (73, True), (90_000, True), (71, False)])
def test_of_a_password_for_a_hash_72_bytes_count(start, length, is_in):
    assert lets_in(start(BIG), user="long", **{"pass": length * "x"}) == is_in


@pytest.mark.parametrize("options", [
    {"user": 90_000 * "a"}, {"user": "a", "pass": 90_000 * "p"}, {"auth_token": 90_000 * "t"},
    {"nkey": 90_000 * "U"}, {"nkey": KEY.public, "sig": 90_000 * "A"}, {"jwt": 90_000 * "e"},
    {"user": "hashed", "pass": 90_000 * "p"}, {"user": 10_000 * "\0"}])
def test_large_credentials_are_wrong_ones(start, options):
    server = start(BIG)
    assert not lets_in(server, **options)
    assert lets_in(server, user="a", **{"pass": "pass"})


def test_credentials_that_do_not_fit_into_a_line_are_not_read(start, close_reason):
    server = start(CONFIG)
    with ask_in(server, user="a", **{"pass": 5000 * "p"}) as client:
        assert client.read_to_close() == b"-ERR 'maximum control line exceeded'\r\n"
        assert close_reason(server, client.info["client_id"]) == "Maximum Control Line Exceeded"


@pytest.mark.parametrize("text, is_in", [
    (b'{"user":"a","pass":"x","pass":"pass"}', True),
    (b'{"user":"a","pass":"pass","pass":"x"}', False),
    (b'{"user":"x","user":"a","pass":"pass"}', True), (b'{"USER":"a","Pass":"pass"}', True),
    (b'{"user":"a","pass":"pass"}garbage', None), (b'[{"user":"a","pass":"pass"}]', None),
    (b'{"user":"a","pass":"pass"', None), (b"", None), (b"null", False),
    (b'{"user":"a","\\u0070ass":"pass"}', True), (b'{"user":"a","pass":"\\u0070ass"}', True)])
def test_a_connect_is_read_once_and_in_one_way(start, text, is_in):
    with start(CONFIG).raw() as client:
        client.read_info()
        client.send(b"CONNECT " + text + b"\r\n")
        if is_in is None:
            assert client.read_to_close() == b""
        elif is_in:
            client.send(b"PING\r\n")
            client.expect(b"+OK\r\nPONG\r\n")
        else:
            assert client.read_to_close() == VIOLATION


def test_a_refused_client_is_served_nothing_of_the_same_segment(start):
    server = start(CONFIG)
    with server.connect(user="a", **{"pass": "pass"}) as listener, server.raw() as client:
        say(listener, b"SUB foo 1\r\n")
        client.read_info()
        client.send(b'CONNECT {"user":"a","pass":"x"}\r\n' + pub("foo")
                    + b'CONNECT {"user":"a","pass":"pass"}\r\n' + pub("foo"))
        assert client.read_to_close() == VIOLATION
        listener.expect_nothing()


def test_permissions_cannot_be_brought_along(start):
    server = start(CONFIG)
    own = {"permissions": {"publish": {"allow": [">"]}}, "pub": {"allow": [">"]}, "account": "",
           "import": {"allow": [">"]}, "export": {"allow": [">"]}, "cluster": "c", "name": "a"}
    with ask_in(server, user="narrow", **{"pass": "pass"}, **own) as client:
        assert is_let_in(client)
        assert say(client, pub("secret")) == no_publish("secret")


def test_a_second_connect_without_credentials_keeps_the_permissions(start):
    server = start(CONFIG)
    with server.connect(user="narrow", **{"pass": "pass"}) as client:
        client.send(b"CONNECT {}\r\n")
        assert say(client, pub("secret")) == no_publish("secret")
        client.send(b'CONNECT {"user":"a"}\r\n')  # whose password happens to be the same
        assert b"-ERR" not in say(client, pub("secret"))


def test_a_hundred_connects_leave_the_last_user(start, connection):
    server = start(CONFIG)
    with server.connect(user="a", **{"pass": "pass"}) as client:
        for turn in range(100):
            client.connect(user=("narrow", "a")[turn % 2], **{"pass": "pass"})
            client.send(b"SUB ok 1\r\n")
        client.connect(user="narrow", **{"pass": "pass"})
        assert say(client, pub("ok") + pub("secret")) == no_publish("secret")
        shown = connection(server, client.info["client_id"], "&auth=1")
        assert (shown["authorized_user"], shown["subscriptions"]) == ("narrow", 0)


def test_a_signature_cannot_be_carried_over(start):
    """From one connection, one key or one user to another."""
    server = start(CONFIG)
    with server.raw() as first, server.raw() as second:
        nonces = [first.read_info()["nonce"], second.read_info()["nonce"]]
        second.connect(nkey=KEY.public, sig=KEY.sign(nonces[0]))
        assert second.read_to_close() == VIOLATION
        first.connect(nkey=KEY.public, sig=KEY.sign(nonces[0]))
        assert is_let_in(first)
        first.connect(nkey=OTHER.public, sig=OTHER.sign(nonces[0]))
        assert first.read_to_close() == VIOLATION


@pytest.mark.parametrize("nonce", ["", "AAAAAAAAAAAAAAA", "PXoWU7zWAMt75FY"])
def test_a_nonce_cannot_be_chosen(start, nonce):
    server = start(CONFIG)
    assert not lets_in(server, nkey=KEY.public, sig=KEY.sign(nonce), nonce=nonce)


def test_a_key_of_small_order_opens_nothing_where_it_is_not_listed(start):
    neutral = bytes([1]) + bytes(31)
    public = encode(bytes([USER]) + neutral)
    assert not lets_in(start(CONFIG), nkey=public, sig=base64url(neutral + bytes(32)))


def test_a_signature_with_a_large_number_is_refused(start):
    """S and S + L are the same to a verifier that does not look."""
    order = 2**252 + 27742317777372353535851937790883648493

    def sign(nonce: str) -> str:
        signature = KEY.sign_bytes(nonce.encode())
        number = int.from_bytes(signature[32:], "little") + order
        return base64url(signature[:32] + number.to_bytes(32, "little"))

    assert not lets_in(start(CONFIG), nkey=KEY.public, sig=sign)


def test_wrong_passwords_do_not_lock_anybody_out(start):
    server = start(CONFIG)
    for _ in range(30):
        assert not lets_in(server, user="hashed", **{"pass": "x"})
    assert lets_in(server, user="hashed", **{"pass": "b"})


def test_secrets_are_nowhere(start):
    server = start(CONFIG, args=["-DVV"])
    with ask_in(server, user="a", **{"pass": "pa55w0rd"}) as client:
        client.read_to_close()
    with ask_in(server, user="hashed", **{"pass": "pa55w0rd"}, auth_token="t0ken") as client:
        client.read_to_close()
    with ask_in(server, nkey=KEY.public, sig=KEY.sign) as client:
        assert is_let_in(client)
        pages = "".join(server.get(page)[1] for page in (
            "/varz", "/connz?auth=1&subs=detail&state=all", "/accountz?acc=$G", "/subsz?subs=1"))
        signature = KEY.sign(client.info["nonce"])
    for secret in ("pa55w0rd", "t0ken", "$2a$04$", "bzadhGtS2", signature, json.dumps("pass")):
        assert secret not in server.log().replace('"pass":', ""), secret
        assert secret not in pages, secret
