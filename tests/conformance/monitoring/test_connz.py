"""The members of /connz and of one connection in it.

Spec: monitoring §3.2, §3.4; client-protocol §15; checklist 26, 32, 33, 41.
"""
import datetime
import re

import pytest

LISTEN = "listen: 127.0.0.1:-1\nhttp: 127.0.0.1:-1\n"
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{0,8}[1-9])?(Z|[+-]\d\d:\d\d)")
MEMBERS = ["server_id", "now", "num_connections", "total", "offset", "limit", "connections"]
ALWAYS = ["cid", "kind", "type", "ip", "port", "start", "last_activity", "rtt", "uptime", "idle",
          "pending_bytes", "in_msgs", "out_msgs", "in_bytes", "out_bytes", "subscriptions"]
ORDER = """cid kind type ip port start last_activity stop reason rtt uptime idle pending_bytes
in_msgs out_msgs in_bytes out_bytes stalls subscriptions name lang version tls_version
tls_cipher_suite tls_peer_certs tls_first authorized_user account subscriptions_list
subscriptions_list_detail jwt issuer_key name_tag tags mqtt_client proxy""".split()


def test_nobody_is_an_empty_list(start):
    connz = start(LISTEN).json("/connz")
    assert list(connz) == MEMBERS
    del connz["server_id"], connz["now"]
    assert connz == {"num_connections": 0, "total": 0, "offset": 0, "limit": 1024,
                     "connections": []}


def test_the_server_and_the_time_are_told(server):
    varz, connz = server.json("/varz"), server.json("/connz")
    assert connz["server_id"] == varz["server_id"]
    assert TIME.fullmatch(connz["now"]) and connz["now"].endswith("Z")
    assert connz["now"] > varz["now"]


def test_a_connection_that_said_nothing_shows_what_the_server_knows(server, row):
    with server.raw() as client:
        client.read_info()
        shown = server.wait_for(lambda: row(server, client), "the connection")
        assert list(shown) == ALWAYS
        assert (shown["ip"], shown["port"]) == client.sock.getsockname()
        for name in ("start", "last_activity"):
            assert TIME.fullmatch(shown.pop(name)), name
        for name in ("uptime", "idle"):
            assert shown.pop(name) in ("0s", "1s"), name
        assert shown == {
            "cid": client.info["client_id"], "kind": "Client", "type": "nats", "ip": "127.0.0.1",
            "port": client.info.get("client_port", shown["port"]), "rtt": "0s",
            "pending_bytes": 0, "in_msgs": 0, "out_msgs": 0, "in_bytes": 0, "out_bytes": 0,
            "subscriptions": 0}


def test_what_connect_told_is_shown(server, row):
    with server.connect(name="n <1>", lang="go", version="1.2.3", user="u", **{"pass": "p"}) as it:
        it.send(b"SUB a 1\r\n")
        it.ping()
        shown = row(server, it, "auth=1&subs=1")
        assert list(shown) == [name for name in ORDER if name in shown]
        expected = {"name": "n <1>", "lang": "go", "version": "1.2.3", "authorized_user": "u",
                    "subscriptions": 1, "subscriptions_list": ["a"]}
        assert {name: shown.get(name) for name in expected} == expected


@pytest.mark.parametrize("query", ["", "auth=1", "subs=1", "auth=1&subs=detail"])
def test_the_members_come_in_order(server, row, query):
    with server.connect(name="n", lang="c", version="1") as client:
        client.send(b"SUB a 1\r\n")
        client.ping()
        shown = row(server, client, query)
        assert list(shown) == [name for name in ORDER if name in shown]
        assert [name for name in ALWAYS if name not in shown] == []


def test_a_second_connect_is_what_counts(server, row):
    with server.connect(name="first", lang="c") as client:
        client.connect(name="second", lang="d", version="2")
        client.ping()
        shown = row(server, client)
        assert [shown.get(name) for name in ("name", "lang", "version")] == ["second", "d", "2"]


def test_traffic_is_counted_from_the_servers_side(server, row):
    with server.connect() as client, server.connect() as other:
        other.send(b"SUB a 1\r\nSUB > 2\r\n")
        other.ping()
        client.send(b"PUB a 5\r\nhello\r\n" * 3 + b"PUB b 0\r\n\r\n")
        client.ping()
        other.ping()
        names = ("in_msgs", "in_bytes", "out_msgs", "out_bytes", "subscriptions", "pending_bytes")
        assert [row(server, client)[name] for name in names] == [4, 15, 0, 0, 0, 0]
        assert [row(server, other)[name] for name in names] == [0, 0, 7, 30, 2, 0]


def test_subscriptions_are_counted_while_they_last(server, row):
    with server.connect() as client:
        for operation, count in [(b"SUB a 1\r\nSUB a 2\r\nSUB b q 3\r\n", 3), (b"UNSUB 1\r\n", 2),
                                 (b"UNSUB 2 1\r\n", 2), (b"PUB a 0\r\n\r\n", 1),
                                 (b"SUB a 3\r\n", 1), (b"UNSUB 3\r\n", 0)]:
            client.send(operation)
            client.ping()
            assert row(server, client)["subscriptions"] == count, operation


# ---- time

def seconds(text: str) -> datetime.datetime:
    return datetime.datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", text)
                                           .replace("Z", "+00:00"))


def test_a_connection_starts_when_it_comes(server, row):
    before = seconds(server.json("/connz")["now"])
    with server.connect() as client:
        shown = row(server, client)
        now = seconds(server.json("/connz")["now"])
        assert before <= seconds(shown["start"]) <= seconds(shown["last_activity"]) <= now


@pytest.mark.parametrize("operation, counts", [
    (b"PUB a 1\r\nx\r\n", True), (b"SUB a 1\r\n", True), (b"UNSUB 7\r\n", True),
    (b"PING\r\n", False), (b"PONG\r\n", False)])
def test_activity_is_messages_and_subscriptions(server, row, operation, counts):
    with server.connect() as client:
        client.send(b"SUB b 7\r\n")
        client.ping()
        before = row(server, client)["last_activity"]
        client.send(operation)
        client.ping()
        assert (row(server, client)["last_activity"] > before) is counts


def test_a_message_to_it_is_activity(server, row):
    with server.connect() as client, server.connect() as sender:
        client.send(b"SUB busy 1\r\n")
        client.ping()
        before = row(server, client)["last_activity"]
        sender.send(b"PUB busy 0\r\n\r\n")
        client.expect(b"MSG busy 1 0\r\n\r\n")
        assert row(server, client)["last_activity"] > before


def test_age_and_rest_are_whole_seconds(server, row):
    with server.connect() as client:
        def rested():
            client.ping()
            shown = row(server, client)
            return shown["idle"] not in ("0s", "1s") and shown

        client.send(b"SUB a 1\r\n")
        client.ping()
        shown = server.wait_for(rested, "two seconds of rest")
        assert re.fullmatch(r"\ds", shown["uptime"]) and re.fullmatch(r"\ds", shown["idle"])


@pytest.mark.parametrize("options", [{}, {"lang": "x"}])
def test_connect_tells_the_first_round_trip(server, row, options):
    with server.raw() as client:
        client.read_info()
        shown = server.wait_for(lambda: row(server, client), "the connection")
        assert shown["rtt"] == "0s"
        client.connect(**options)
        client.ping()
        rtt = row(server, client)["rtt"]
        assert re.fullmatch(r"\d+µs|\d+(\.\d{1,6})?ms|\d+(\.\d{1,9})?s", rtt) and rtt != "0s"
        client.expect_nothing()
        assert row(server, client)["rtt"] == rtt


def test_each_answer_to_a_ping_tells_it_anew(start, row):
    server = start(LISTEN + "ping_interval: 50ms\nping_max: 100\n")
    with server.connect() as client:
        before = row(server, client)["rtt"]
        client.expect(b"PING\r\n")
        client.send(b"PONG\r\n")
        client.ping()
        assert row(server, client)["rtt"] != before


# ---- subscriptions

SUBS = b"SUB foo.> 1\r\nSUB bar workers two\r\nSUB a.*.b 3\r\nUNSUB 3 10\r\n"


def test_subscriptions_are_listed_by_subject(server, row):
    with server.connect() as client:
        client.send(SUBS)
        client.ping()
        shown = row(server, client, "subs=1")
        assert sorted(shown["subscriptions_list"]) == ["a.*.b", "bar", "foo.>"]
        assert "subscriptions_list_detail" not in shown
        for name in ("subscriptions_list", "subscriptions_list_detail"):
            assert name not in row(server, client, "subs=0")


@pytest.mark.parametrize("value", ["detail", "DETAIL", "Detail"])
def test_subscriptions_are_listed_in_detail(server, row, value):
    with server.connect() as client:
        client.send(SUBS + b"PUB foo.bar 1\r\nx\r\nPUB a.x.b 0\r\n\r\nPUB foo.y 0\r\n\r\n")
        client.ping()
        shown = row(server, client, "subs=" + value)
        cid = client.info["client_id"]
        expected = {"1": {"subject": "foo.>", "sid": "1", "msgs": 2, "cid": cid},
                    "two": {"subject": "bar", "qgroup": "workers", "sid": "two", "msgs": 0,
                            "cid": cid},
                    "3": {"subject": "a.*.b", "sid": "3", "msgs": 1, "max": 10, "cid": cid}}
        assert {sub["sid"]: sub for sub in shown["subscriptions_list_detail"]} == expected
        for sub in shown["subscriptions_list_detail"]:
            assert list(sub) == list(expected[sub["sid"]])
        assert "subscriptions_list" not in shown


@pytest.mark.parametrize("query", ["subs=1", "subs=detail"])
def test_no_subscriptions_are_no_list(server, row, query):
    with server.connect() as client:
        assert [name for name in row(server, client, query) if name.startswith("subscriptions_")
                ] == []


# ---- who

def test_without_being_asked_it_tells_nobody(start, row, ask):
    server = start(LISTEN + "authorization { user: alice, password: sesame }\n")
    with server.connect(user="alice", **{"pass": "sesame"}) as client:
        shown = row(server, client)
        assert "authorized_user" not in shown and "account" not in shown
        for query in ("", "auth=1", "auth=1&subs=detail", "state=all&auth=1"):
            assert b"sesame" not in ask(server, "/connz?" + query).body


@pytest.mark.parametrize("config, options, user", [
    ("authorization { user: alice, password: sesame }", {"user": "alice", "pass": "sesame"},
     "alice"),
    ("authorization { token: sesame }", {"auth_token": "sesame"}, "[REDACTED]"),
    ("", {}, None), ("", {"user": "bob", "pass": "p"}, "bob"),
    ("", {"auth_token": "t"}, "[REDACTED]")])
def test_asked_it_tells_the_user(start, row, config, options, user):
    server = start(LISTEN + config + "\n")
    with server.connect(**options) as client:
        shown = row(server, client, "auth=true")
        assert shown.get("authorized_user") == user
        assert [name for name in ("account", "jwt", "issuer_key", "tags") if name in shown] == []


def test_asked_it_tells_the_tag_of_the_account(server, row):
    with server.connect() as client:
        assert row(server, client, "auth=1").get("name_tag") == "$G"
        assert "name_tag" not in row(server, client)


def test_who_is_not_in_yet_is_nobody(start, row):
    server = start(LISTEN + "authorization { token: t }\n")
    with server.raw() as client:
        client.read_info()
        shown = server.wait_for(lambda: row(server, client, "auth=1"), "the connection")
        assert "authorized_user" not in shown
        assert server.json("/connz")["total"] == 1


@pytest.mark.parametrize("name, shown", [
    ("<&>", r"\u003c\u0026\u003e"), ("\u2028\u2029", r"\u2028\u2029"),
    ("é\U0001f600", "é\U0001f600"),
    ("\"\\/", r'\"\\/'), ("\n\t\r\b\f", r"\n\t\r\b\f"), ("\x01\x1f\x7f", "\\u0001\\u001f\x7f")])
def test_names_are_escaped_as_the_reference_does(server, row, name, shown):
    with server.connect(name=name) as client:
        assert row(server, client)["name"] == name
        assert f'"name": "{shown}"' in server.get("/connz")[1]


def test_a_name_that_is_no_text_is_made_one(server, row):
    with server.raw() as client:
        client.read_info()
        client.send(b'CONNECT {"verbose":false,"name":"a\xffb"}\r\n')
        client.ping()
        assert row(server, client)["name"] == "a\ufffdb"
