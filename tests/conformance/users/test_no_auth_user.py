"""The user of those who name none.

Spec: accounts-and-auth §2.1, §2.3, §3.2; client-protocol §2.5; checklist 12, 13, 17.
"""
import pytest

from harness.logins import VIOLATION, ask_in, is_let_in, lets_in, no_publish, pub, say
from harness.nkeys import Key

pytestmark = pytest.mark.later_part("users and permissions")

LISTEN = "listen: 127.0.0.1:-1\nhttp: 127.0.0.1:-1\n"
KEY, STRANGER = Key.of(1), Key.of(2)
OF_P = '"$2a$04$abcdefghijklmnopqrstuu12f.Pu8ic0A965BfTwGcW6x7Xin9Xgu"'  # bcrypt of "b"


def users(no_auth_user: str, *rows: str, more: str = "") -> str:
    return f"{LISTEN}no_auth_user: {no_auth_user}\nauthorization {{ {more}\nusers: [\n" + "".join(
        f"  {{ {row} }}\n" for row in rows) + "] }\n"


ROWS = ("user: x, password: y, permissions: {publish: foo}", "user: a, password: b",
        f"nkey: {KEY.public}")
BY_NAME = users("x", *ROWS)
BY_KEY = users(KEY.public, *ROWS)


@pytest.mark.parametrize("options, is_in", [
    ({}, True), ({"user": "", "pass": "", "auth_token": "", "nkey": ""}, True),
    ({"jwt": "x"}, True),
    ({"sig": "x"}, True), ({"name": "n"}, True), ({"user": "x", "pass": "y"}, True),
    ({"user": "a", "pass": "b"}, True), ({"nkey": KEY.public, "sig": KEY.sign}, True),
    ({"user": "x"}, False), ({"user": "a"}, False), ({"user": "nobody"}, False),
    ({"pass": "y"}, False), ({"auth_token": "t"}, False), ({"nkey": KEY.public}, False),
    ({"nkey": STRANGER.public, "sig": STRANGER.sign}, False)])
def test_only_a_client_without_credentials_is_that_user(start, options, is_in):
    assert lets_in(start(BY_NAME), **options) == is_in


@pytest.mark.parametrize("options, is_in", [
    ({}, True), ({"nkey": KEY.public}, True), ({"nkey": KEY.public, "sig": "bad"}, True),
    ({"user": "a", "pass": "b"}, True), ({"user": "x"}, False), ({"auth_token": "t"}, False),
    ({"nkey": STRANGER.public}, False), ({"pass": "y"}, False)])
def test_a_key_as_that_user_signs_nothing(start, options, is_in):
    assert lets_in(start(BY_KEY), **options) == is_in


@pytest.mark.parametrize("config", [BY_NAME, BY_KEY])
def test_info_asks_for_nothing_at_first(start, config):
    with start(config).raw() as client:
        info = client.read_info()
        assert "auth_required" not in info
        assert len(info["nonce"]) == 15
        client.connect(protocol=1)
        client.send(b"PING\r\n")
        client.expect(b"PONG\r\n")
        assert client.read_info()["auth_required"] is True


def test_it_has_the_permissions_of_that_user(start, connection):
    server = start(BY_NAME)
    with server.connect() as client:
        assert say(client, pub("foo") + pub("bar")) == no_publish("bar")
        assert connection(server, client.info["client_id"], "&auth=1")["authorized_user"] == "x"


# ---- without CONNECT

@pytest.mark.parametrize("operation, answer", [
    (pub("foo"), b"+OK\r\n"), (pub("bar"), no_publish("bar")), (b"SUB a 1\r\n", b"+OK\r\n"),
    (b"", b""), (b"+OK\r\n", b""), (b"PONG\r\n", b""), (b"INFO {}\r\n", b"")])
def test_any_verb_may_come_first(start, connection, operation, answer):
    server = start(BY_NAME)
    with server.raw() as client:
        cid = client.read_info()["client_id"]
        assert say(client, operation) == answer
        assert connection(server, cid, "&auth=1")["authorized_user"] == "x"


@pytest.mark.parametrize("operation", [b"X\r\n", b"CX\r\n", b"\r\n"])
def test_what_is_no_verb_is_refused_as_such(start, operation):
    with start(BY_NAME).raw() as client:
        client.read_info()
        client.send(operation)
        assert client.read_to_close() == b"-ERR 'Unknown Protocol Operation'\r\n"


def test_a_key_as_that_user_needs_a_connect(start):
    with start(BY_KEY).raw() as client:
        client.read_info()
        client.send(b"PING\r\n")
        assert client.read_to_close() == VIOLATION


def test_a_client_that_began_so_may_connect_as_another(start):
    with start(BY_NAME).raw() as client:
        client.read_info()
        assert say(client, pub("bar")) == no_publish("bar")
        client.connect(user="a", **{"pass": "b"})
        assert say(client, pub("bar")) == b""


@pytest.mark.parametrize("sent", [b"", b"C", b"CONNECT {}"])
def test_silence_is_not_enough(start, close_reason, sent):
    server = start(users("x", *ROWS, more="timeout: 0.3"))
    with server.raw() as client:
        cid = client.read_info()["client_id"]
        client.send(sent)
        assert client.read_to_close() == b"-ERR 'Authentication Timeout'\r\n"
        assert close_reason(server, cid) == "Authentication Timeout"


def test_a_first_verb_ends_the_time_there_is(start):
    server = start(users("x", *ROWS, more="timeout: 0.3"))
    with server.raw() as client, server.raw() as silent:
        client.read_info()
        client.expect_nothing()
        silent.read_info()
        assert silent.read_to_close() == b"-ERR 'Authentication Timeout'\r\n"
        client.expect_nothing()


# ---- that user cannot come in so

@pytest.mark.parametrize("row, is_standard", [
    (f"user: x, password: {OF_P}", True),
    ("user: x, password: y, allowed_connection_types: [WEBSOCKET]", False),
    ("user: x, password: y, proxy_required: true", False)])
def test_a_user_that_needs_more_is_not_given_away(start, row, is_standard):
    server = start(users("x", row))
    with ask_in(server) as client:
        assert "auth_required" not in client.info
        assert not is_let_in(client)
    with server.raw() as client:
        client.read_info()
        client.send(b"PING\r\n")
        assert client.read_to_close() == VIOLATION
    assert lets_in(server, user="x", **{"pass": "b"}) == is_standard


def test_an_empty_password_gives_that_user_away_to_its_name(start):
    server = start(users("x", "user: x"))
    assert lets_in(server)
    assert lets_in(server, user="x")
    assert not lets_in(server, user="x", **{"pass": "z"})


@pytest.mark.parametrize("authorization, reason", [
    ("", "present, but users/nkeys are not defined"),
    ("authorization { users: [] }", "present, but users/nkeys are not defined"),
    ("authorization { user: x, password: y }", "present, but users/nkeys are not defined"),
    ("authorization { token: x }", "present, but users/nkeys are not defined"),
    ("authorization { users: [{user: y}] }",
     "not present as user or nkey in authorization block or account configuration"),
    ("authorization { users: [{user: X}] }",
     "not present as user or nkey in authorization block or account configuration")])
def test_that_user_must_be_in_the_list(start, authorization, reason):
    server = start(f"{LISTEN}no_auth_user: x\n{authorization}\n", wait=False)
    assert server.wait_exit() == 1
    assert server.log() == f'nats-server: no_auth_user: "x" {reason}\n'
