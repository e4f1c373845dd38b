"""What the monitoring pages tell of users.

Spec: monitoring §3; accounts-and-auth §2.4; checklist 33 there.
"""
import pytest

from harness.logins import ask_in, is_let_in, lets_in, say
from harness.nkeys import Key

pytestmark = pytest.mark.later_part("users and permissions")

KEY, STRANGER = Key.of(1), Key.of(2)
CONFIG = f"""listen: 127.0.0.1:-1
http: 127.0.0.1:-1
authorization {{ timeout: 1.5, users: [
  {{ user: a, password: secret, permissions: {{ subscribe: [foo, "bar q"] }} }}
  {{ user: b, password: secret }}
  {{ nkey: {KEY.public} }}
] }}
"""
A, B = {"user": "a", "pass": "secret"}, {"user": "b", "pass": "secret"}
SIGNED = {"nkey": KEY.public, "sig": KEY.sign}


@pytest.fixture
def three(start):
    """A server and its clients: two users and a key."""
    server = start(CONFIG)
    clients = [ask_in(server, **options) for options in (A, B, SIGNED)]
    assert all([is_let_in(client) for client in clients])
    yield server, clients
    for client in clients:
        client.close()


def test_connz_names_users_when_asked_to(three, row):
    server, clients = three
    for client, name in zip(clients, ("a", "b", KEY.public)):
        shown = row(server, client, "auth=1")
        assert (shown["authorized_user"], shown["name_tag"]) == (name, "$G")
        assert "account" not in shown and "jwt" not in shown and "tags" not in shown
        assert "authorized_user" not in row(server, client)


def test_connz_names_the_account_as_the_issuer_of_a_key(three, row):
    server, (client, _, signed) = three
    assert row(server, signed, "auth=1")["issuer_key"] == "$G"
    assert "issuer_key" not in row(server, signed)
    assert "issuer_key" not in row(server, client, "auth=1")


def test_connz_finds_users_by_name_and_key(three):
    server, clients = three
    for client, name in zip(clients, ("a", "b", KEY.public)):
        for query in (f"user={name}", f"auth=1&user={name}", f"state=any&user={name}"):
            found = server.json(f"/connz?{query}")["connections"]
            assert [one["cid"] for one in found] == [client.info["client_id"]], query
    assert server.json("/connz?user=nobody")["connections"] == []


def test_connz_lists_the_subscriptions_that_were_granted(three, row):
    server, (client, *_) = three
    say(client, b"SUB foo 1\r\nSUB bar q 2\r\nSUB bar 3\r\nSUB zip 4\r\n")
    shown = row(server, client, "subs=detail")
    assert shown["subscriptions"] == 2
    assert [(one["subject"], one.get("qgroup"), one["sid"])
            for one in shown["subscriptions_list_detail"]] == [("foo", None, "1"),
                                                               ("bar", "q", "2")]


def test_subsz_lists_the_subscriptions_of_users(three):
    server, (client, other, _) = three
    say(client, b"SUB foo 1\r\nSUB zip 2\r\n")
    say(other, b"SUB foo 3\r\n")
    listed = server.json("/subsz?subs=1&limit=1000&acc=$G")["subscriptions_list"]
    found = {(one["cid"], one["subject"], one["sid"]) for one in listed
             if one["subject"] in ("foo", "zip")}
    assert found == {(client.info["client_id"], "foo", "1"), (other.info["client_id"], "foo", "3")}


@pytest.mark.parametrize("options, user, reason", [
    ({**A, "pass": "x"}, "a", "Authentication Failure"),
    ({"user": "nobody"}, "nobody", "Authentication Failure"), ({}, None, "Authentication Failure"),
    ({"auth_token": "t"}, "[REDACTED]", "Authentication Failure"),
    ({"nkey": STRANGER.public, "sig": STRANGER.sign}, STRANGER.public, "Authentication Failure"),
    ({**SIGNED, "sig": "x"}, KEY.public, "Authentication Failure"),
    ({**A, "nkey": STRANGER.public}, STRANGER.public, "Authentication Failure")])
def test_who_was_refused_stands_among_the_closed(start, closed_row, options, user, reason):
    server = start(CONFIG)
    with ask_in(server, **options) as client:
        assert not is_let_in(client)
    shown = closed_row(server, client.info["client_id"], "auth=1")
    assert (shown.get("authorized_user"), shown["reason"]) == (user, reason)
    assert "authorized_user" not in closed_row(server, client.info["client_id"])


def test_who_left_stands_among_the_closed(three, closed_row):
    server, clients = three
    for client, name in zip(clients, ("a", "b", KEY.public)):
        client.close()
        shown = closed_row(server, client.info["client_id"], "auth=1")
        assert (shown["authorized_user"], shown["reason"]) == (name, "Client Closed")


def test_varz_says_what_is_required(three):
    server, _ = three
    varz = server.json("/varz")
    assert varz["auth_required"] is True
    assert varz["auth_timeout"] == 1.5
    assert "auth_required" not in server.json("/varz")["cluster"]


def test_refused_clients_count_as_connections_once(three):
    server, _ = three
    before = server.json("/varz")
    for _ in range(3):
        assert not lets_in(server, user="a")
    after = server.wait_for(
        lambda: (now := server.json("/varz"))["connections"] == 3 and now, "three connections")
    assert after["total_connections"] == before["total_connections"] + 3


def test_all_users_are_of_the_global_account(three):
    server, _ = three
    found = server.json("/connz?acc=$G&auth=1")["connections"]
    assert sorted(one["authorized_user"] for one in found) == sorted(["a", "b", KEY.public])
    assert server.json("/accountz?acc=$G")["account_detail"]["client_connections"] == 3
    (shown,) = [one for one in server.json("/accstatz")["account_statz"] if one["acc"] == "$G"]
    assert (shown["conns"], shown["total_conns"]) == (3, 3)


def test_no_page_shows_a_secret(three):
    server, _ = three
    for page in ("/varz", "/connz?auth=1&subs=1&state=all", "/accountz?acc=$G", "/subsz?subs=1"):
        assert "secret" not in server.get(page)[1], page


@pytest.mark.parametrize("authorization, is_required", [
    ("users: [{user: a}]", True), (f"users: [{{nkey: {KEY.public}}}]", True), ("users: []", False),
    ("timeout: 3", False), ("default_permissions: {publish: x}", False)])
def test_varz_says_whether_credentials_are_needed(start, authorization, is_required):
    server = start("listen: 127.0.0.1:-1\nhttp: 127.0.0.1:-1\n"
                   f"authorization {{ {authorization} }}\n")
    assert server.json("/varz").get("auth_required", False) == is_required


def test_varz_asks_for_credentials_even_with_a_user_for_those_without(start):
    assert start("no_auth_user: b\n" + CONFIG).json("/varz")["auth_required"] is True
