"""The accounts of a server that configures none: /accountz and /accstatz.

Spec: monitoring §8, §9; checklist 52, 53, 54.
"""
import pytest

TEXT = "text/plain; charset=utf-8"
LISTEN = "listen: 127.0.0.1:-1\nhttp: 127.0.0.1:-1\n"
LINKS = {kind: {"msgs": 0, "bytes": 0} for kind in ("gateways", "routes", "leafs")}
STATS = ["num_subscriptions", "num_cache", "num_inserts", "num_removes", "num_matches",
         "cache_hit_rate", "max_fanout", "avg_fanout"]
NEVER_EMPTY_THERE = ("exports", "imports")  # of the reference's own services


def detail(server, account: str) -> dict:
    return server.json(f"/accountz?acc={account}")["account_detail"]


def stats(server, query: str = "?unused=1") -> dict:
    return {one["acc"]: one for one in server.json("/accstatz" + query)["account_statz"]}


def test_the_accounts_are_the_global_and_the_system_account(server):
    page, varz = server.json("/accountz"), server.json("/varz")
    assert list(page) == ["server_id", "now", "system_account", "accounts"]
    assert page["server_id"] == varz["server_id"]
    assert (page["system_account"], varz["system_account"]) == ("$SYS", "$SYS")
    assert sorted(page["accounts"]) == ["$G", "$SYS"]
    assert server.json("/accountz?acc=").keys() == page.keys()


@pytest.mark.parametrize("account", ["$G", "$SYS"])
def test_an_account_is_described(server, account):
    page = server.json(f"/accountz?acc={account}")
    assert list(page) == ["server_id", "now", "system_account", "account_detail"]
    shown = {name: value for name, value in page["account_detail"].items()
             if name not in NEVER_EMPTY_THERE}
    is_system = ["is_system"] if account == "$SYS" else []
    assert list(shown) == ["account_name", "update_time", *is_system, "expired", "complete",
                           "jetstream_enabled", "leafnode_connections", "client_connections",
                           "subscriptions", "name_tag", "sublist_stats"]
    assert (shown["account_name"], shown["name_tag"]) == (account, account)
    assert (shown["expired"], shown["complete"], shown["jetstream_enabled"]) == (False, True, False)
    assert shown.get("is_system", False) == (account == "$SYS")
    assert (shown["leafnode_connections"], shown["client_connections"]) == (0, 0)
    assert list(shown["sublist_stats"]) == STATS
    assert shown["subscriptions"] == shown["sublist_stats"]["num_subscriptions"]
    assert server.json("/varz")["start"][:16] <= shown["update_time"][:16]


@pytest.mark.parametrize("name, text", [("X", "X"), ("%24g", "$g"), ("%0A%3Cx%3E", "\n<x>"),
                                        ("*", "*"), ("%C3%A9", "é")])
def test_an_unknown_account_is_an_error(server, ask, name, text):
    got = ask(server, "/accountz?acc=" + name)
    assert (got.status, got.kind) == (400, TEXT)
    assert got.headers["Access-Control-Allow-Origin"] is None
    assert got.body.decode() == f"Account {text} does not exist"


def test_an_account_without_connections_is_unused(server):
    page = server.json("/accstatz")
    assert list(page) == ["server_id", "now", "account_statz"]
    assert page["account_statz"] == []
    shown = stats(server)
    assert sorted(shown) == ["$G", "$SYS"]
    for name, one in shown.items():
        assert list(one) == ["acc", "name", "conns", "leafnodes", "total_conns",
                             "num_subscriptions", "sent", "received", "slow_consumers"]
        assert one["name"] == name
        assert one["num_subscriptions"] == detail(server, name)["subscriptions"]
        assert list(one["sent"]) == ["msgs", "bytes", "gateways", "routes", "leafs"]


@pytest.mark.parametrize("config", ["", "authorization { user: a, password: b }\n"])
def test_connections_and_messages_are_counted(start, config):
    server = start(LISTEN + config)
    before = detail(server, "$G")
    login = {"user": "a", "pass": "b"} if config else {}
    with server.connect(**login) as client, server.raw() as silent:
        silent.read_info()
        client.send(b"SUB a 1\r\nPUB a 3\r\nabc\r\nPUB b 4\r\nabcd\r\n")
        client.ping()
        shown, now = stats(server, ""), detail(server, "$G")
        assert list(shown) == ["$G"]
        assert (shown["$G"]["conns"], shown["$G"]["total_conns"]) == (2, 2)
        assert shown["$G"]["leafnodes"] == 0
        assert shown["$G"]["sent"] == {"msgs": 1, "bytes": 3, **LINKS}
        assert shown["$G"]["received"] == {"msgs": 2, "bytes": 7, **LINKS}
        assert shown["$G"]["num_subscriptions"] == now["subscriptions"]
        assert now["subscriptions"] == before["subscriptions"] + 1
        assert now["client_connections"] == 2
        assert now["sublist_stats"]["num_inserts"] == before["sublist_stats"]["num_inserts"] + 1
        assert stats(server)["$SYS"]["conns"] == 0
    server.wait_for(lambda: stats(server, "") == {}, "the connections to close")
    later = detail(server, "$G")
    assert (later["client_connections"], later["subscriptions"]) == (0, before["subscriptions"])
    assert later["sublist_stats"]["num_removes"] == before["sublist_stats"]["num_removes"] + 1
    assert stats(server)["$G"]["sent"] == {"msgs": 1, "bytes": 3, **LINKS}


# ---- the same accounts on the other pages

@pytest.mark.parametrize("query", ["", "&state=all", "&auth=1&subs=1"])
def test_no_client_is_in_the_system_account(start, query):
    server = start(LISTEN)
    with server.connect() as client, server.connect():
        page = server.json("/connz?acc=$SYS" + query)
        assert page["server_id"] == server.json("/varz")["server_id"]
        assert (page["num_connections"], page["total"], page["connections"]) == (0, 0, [])
        cid = client.info["client_id"]
        page = server.json(f"/connz?acc=$SYS&cid={cid}" + query)
        assert (page["total"], page["limit"], page["connections"]) == (0, 1, [])


def test_the_sum_of_the_accounts_is_the_servers(start):
    server = start(LISTEN)
    with server.connect() as client:
        client.send(b"SUB a 1\r\n")
        client.ping()
        of = {name: server.json(f"/subsz?acc={name}") for name in ("$G", "$SYS")}
        assert (sum(page["num_subscriptions"] for page in of.values())
                == server.json("/varz")["subscriptions"]
                == server.json("/subsz")["num_subscriptions"])
        for name, page in of.items():
            assert page["num_subscriptions"] == detail(server, name)["subscriptions"]


def test_where_there_is_no_system_account_nothing_names_it(start, ask):
    server = start(LISTEN + "no_system_account: true\n")
    assert "system_account" not in server.json("/varz")
    page = server.json("/accountz")
    assert ("system_account" in page, page["accounts"]) == (False, ["$G"])
    assert ask(server, "/accountz?acc=$SYS").body == b"Account $SYS does not exist"
    assert list(stats(server)) == ["$G"]
    assert server.json("/connz?acc=$SYS")["connections"] is None
