"""/subsz: the numbers of subscriptions and of matching, and the list of them.

Spec: monitoring §7; checklist 49, 50, 51.
"""
import contextlib

import pytest

LISTEN = "listen: 127.0.0.1:-1\nhttp: 127.0.0.1:-1\n"
MEMBERS = ["server_id", "now", "num_subscriptions", "num_cache", "num_inserts", "num_removes",
           "num_matches", "cache_hit_rate", "max_fanout", "avg_fanout", "total", "offset", "limit"]
COUNTS = ["num_subscriptions", "num_cache", "num_inserts", "num_removes", "num_matches",
          "max_fanout", "total", "offset", "limit"]
MOST = 2**63 - 1
# Subjects, queue groups and sids of two connections.
FIRST = [("foo.*", "", "1"), ("foo.bar", "", "2"), ("foo.>", "q", "three"), ("bar", "", "4")]
SECOND = [("foo.bar", "q", "1"), (">", "", "2")]


@pytest.fixture(scope="module")
def crowd(server):
    """Two clients with subscriptions; returns (server, their numbers)."""
    clients = [server.connect(), server.connect()]
    for client, subscriptions in zip(clients, (FIRST, SECOND)):
        for subject, queue, sid in subscriptions:
            client.send(f"SUB {subject} {queue} {sid}\r\n".encode())
        client.ping()
    yield server, [client.info["client_id"] for client in clients]
    for client in clients:
        client.close()


def listed(server, query: str, ids) -> set:
    """(client, sid) of what is listed, of these clients only."""
    shown = server.json("/subsz?subs=1&limit=100000&" + query).get("subscriptions_list", [])
    return {(ids.index(sub["cid"]), sub["sid"]) for sub in shown
            if sub["cid"] in ids and sub.get("account") == "$G"
            and not sub["subject"].startswith("$SYS")}


def test_the_members_come_in_order(server):
    for path in ("/subsz", "/subscriptionsz"):
        assert list(server.json(path)) == MEMBERS


def test_counts_are_whole_numbers_and_rates_are_not(server):
    subsz = server.json("/subsz")
    assert [name for name in COUNTS if type(subsz[name]) is not int or subsz[name] < 0] == []
    assert 0 <= subsz["cache_hit_rate"] <= 1
    assert subsz["avg_fanout"] >= 0
    assert subsz["server_id"] == server.json("/varz")["server_id"]
    assert subsz["now"].endswith("Z")


def test_without_being_asked_it_lists_nothing(crowd):
    server, _ = crowd
    for query in ("", "?subs=0", "?subs=false", "?test=foo.bar", "?acc=$G", "?limit=1"):
        subsz = server.json("/subsz" + query)
        assert "subscriptions_list" not in subsz and subsz["total"] == 0, query


def test_the_number_is_that_of_varz(crowd):
    server, _ = crowd
    server.wait_for(lambda: (server.json("/subsz")["num_subscriptions"]
                             == server.json("/varz")["subscriptions"]), "the same number")


def test_each_subscription_is_listed_with_its_facts(crowd):
    server, ids = crowd
    shown = server.json("/subsz?subs=1&limit=100000")
    subs = {(sub["cid"], sub["sid"]): sub for sub in shown["subscriptions_list"]
            if sub["cid"] in ids and sub["account"] == "$G"}
    for cid, subscriptions in zip(ids, (FIRST, SECOND)):
        for subject, queue, sid in subscriptions:
            expected = {"account": "$G", "account_tag": "$G", "subject": subject, "qgroup": queue,
                        "sid": sid, "msgs": 0, "cid": cid}
            if not queue:
                del expected["qgroup"]
            assert subs[cid, sid] == expected
            assert list(subs[cid, sid]) == list(expected)
    assert list(shown) == MEMBERS + ["subscriptions_list"]


def test_the_list_counts_messages_and_what_is_left(server):
    with server.connect() as client:
        client.send(b"SUB once.counted 1\r\nUNSUB 1 5\r\n" + b"PUB once.counted 0\r\n\r\n" * 3)
        client.ping()
        found = server.json("/subsz?subs=1&test=once.counted&acc=$G")["subscriptions_list"]
        mine = next(sub for sub in found if sub["cid"] == client.info["client_id"])
        assert (mine["msgs"], mine["max"]) == (3, 5)
        assert list(mine) == ["account", "account_tag", "subject", "sid", "msgs", "max", "cid"]


def test_the_total_is_the_length_of_the_list(crowd):
    server, _ = crowd
    subsz = server.json("/subsz?subs=1&limit=100000")
    assert subsz["total"] == len(subsz["subscriptions_list"])
    assert subsz["total"] >= len(FIRST) + len(SECOND)


def test_all_that_are_counted_are_listed(start):
    server = start(LISTEN)
    with server.connect() as client:
        client.send(b"SUB a 1\r\nSUB b q 2\r\n")
        client.ping()
        subsz = server.json("/subsz?subs=1")
        assert subsz["total"] == subsz["num_subscriptions"]


# ---- paging

@pytest.mark.parametrize("query, offset, limit", [
    ("", 0, 1024), ("limit=2", 0, 2), ("offset=1&limit=2", 1, 2), ("limit=0", 0, 1024),
    ("limit=-1", 0, 1024), ("offset=-1", 0, 1024), (f"offset={MOST}&limit=1", MOST, 1),
    (f"limit={MOST}", 0, MOST), ("offset=100000", 100000, 1024)])
def test_a_page_is_part_of_the_list(crowd, query, offset, limit):
    server, _ = crowd
    subsz = server.json("/subsz?subs=1&" + query)
    assert (subsz["offset"], subsz["limit"]) == (offset, limit)
    expected = max(0, min(limit, subsz["total"] - offset))
    assert len(subsz.get("subscriptions_list", [])) == expected
    if not expected:
        assert "subscriptions_list" not in subsz
    plain = server.json("/subsz?" + query)
    assert (plain["offset"], plain["limit"], plain["total"]) == (offset, limit, 0)


def test_pages_follow_one_another(start):
    server = start(LISTEN)
    with contextlib.ExitStack() as stack:
        client = stack.enter_context(server.connect())
        client.send(b"".join(b"SUB page.%d %d\r\n" % (each, each) for each in range(2500)))
        client.ping()
        first = server.json("/subsz?subs=1&acc=$G&test=page.7")
        assert first["total"] == 1
        subsz = server.json("/subsz?subs=1&acc=$G")
        assert (subsz["total"] >= 2500, len(subsz["subscriptions_list"])) == (True, 1024)


# ---- by subject

@pytest.mark.parametrize("subject, expected", [
    ("foo.bar", {(0, "1"), (0, "2"), (0, "three"), (1, "1"), (1, "2")}),
    ("foo.baz", {(0, "1"), (0, "three"), (1, "2")}), ("bar", {(0, "4"), (1, "2")}),
    ("foo", {(1, "2")}), ("foo.bar.baz", {(0, "three"), (1, "2")}), ("x.y", {(1, "2")}),
    ("", {(0, "1"), (0, "2"), (0, "three"), (0, "4"), (1, "1"), (1, "2")})])
def test_a_subject_lists_what_it_reaches(crowd, subject, expected):
    server, ids = crowd
    assert listed(server, "test=" + subject, ids) == expected


def test_a_subject_does_not_change_the_numbers(crowd):
    server, _ = crowd
    first, second = server.json("/subsz"), server.json("/subsz?subs=1&test=bar&acc=$G")
    assert second["num_subscriptions"] <= first["num_subscriptions"]
    assert second["total"] == len(second["subscriptions_list"]) < first["num_subscriptions"] + 1


@pytest.mark.parametrize("subject", ["foo.*", "foo.>", "*", ">", "foo..bar", ".foo", "foo."])
@pytest.mark.parametrize("more", ["", "&subs=1"])
def test_a_pattern_is_no_subject_to_test(server, ask, subject, more):
    got = ask(server, f"/subsz?test={subject}{more}")
    assert (got.status, got.kind) == (400, "text/plain; charset=utf-8")
    assert got.body.decode() == (
        "invalid test subject, must be valid publish subject: " + subject)


@pytest.mark.parametrize("subject", ["foo*.b>r", "a%20b", "a%09b"])
def test_stars_and_blanks_inside_a_token_are_letters(server, ask, subject):
    assert ask(server, "/subsz?test=" + subject).status == 200


# ---- by account

def test_the_global_account_has_what_clients_have(crowd):
    server, ids = crowd
    assert listed(server, "acc=$G", ids) == listed(server, "", ids)
    assert {sub["account"] for sub in
            server.json("/subsz?subs=1&acc=$G&limit=100000")["subscriptions_list"]} == {"$G"}


@pytest.mark.parametrize("query", ["acc=NO", "acc=NO&subs=1", "acc=$g&subs=1"])
def test_an_account_nobody_knows_has_nothing(crowd, query):
    server, _ = crowd
    subsz = server.json("/subsz?" + query)
    assert list(subsz) == MEMBERS
    expected = dict.fromkeys(MEMBERS[2:], 0) | {"limit": 1024}
    assert {name: subsz[name] for name in expected} == expected
    assert subsz["server_id"]


# ---- numbers that move

def difference(server, action, query="acc=$G") -> dict:
    before = server.json("/subsz?" + query)
    action()
    after = server.json("/subsz?" + query)
    return {name: after[name] - before[name] for name in
            ("num_subscriptions", "num_inserts", "num_removes")}


@pytest.mark.parametrize("operations, subscriptions, inserts, removes", [
    (b"SUB a 1\r\nSUB a 2\r\nSUB b.* q 3\r\n", 3, 3, 0),
    (b"SUB a 1\r\nUNSUB 1\r\n", 0, 1, 1), (b"SUB a 1\r\nSUB b 1\r\n", 1, 1, 0),
    (b"SUB a 1\r\nUNSUB 1 1\r\nPUB a 0\r\n\r\n", 0, 1, 1), (b"UNSUB 9\r\n", 0, 0, 0),
    (b"SUB a..b 1\r\n", 0, 0, 0)])
def test_inserts_and_removes_are_counted(start, operations, subscriptions, inserts, removes):
    server = start(LISTEN)
    with server.connect() as client:
        def act():
            client.send(operations)
            client.ping()

        assert difference(server, act) == {
            "num_subscriptions": subscriptions, "num_inserts": inserts, "num_removes": removes}


def test_a_connection_that_goes_removes_its_subscriptions(start, closed_row):
    server = start(LISTEN)
    client = server.connect()
    client.send(b"SUB a 1\r\nSUB b q 2\r\n")
    client.ping()

    def leave():
        client.close()
        closed_row(server, client.info["client_id"])

    assert difference(server, leave) == {"num_subscriptions": -2, "num_inserts": 0,
                                         "num_removes": 2}


def test_matching_and_its_cache_are_counted(start):
    server = start(LISTEN)
    with server.connect() as client:
        client.send(b"SUB a.* 1\r\nSUB a.b 2\r\nSUB a.c 3\r\n")
        client.ping()
        before = server.json("/subsz?acc=$G")
        client.send(b"PUB a.b 0\r\n\r\n" + b"PUB a.c 0\r\n\r\n" + b"PUB a.d 0\r\n\r\n")
        client.ping()
        after = server.json("/subsz?acc=$G")
        assert after["num_matches"] > before["num_matches"]
        assert after["num_cache"] - before["num_cache"] == 3
        assert after["max_fanout"] == 2
        assert 0 < after["avg_fanout"] <= 2
        assert 0 <= after["cache_hit_rate"] <= 1


def test_subscriptions_do_not_multiply_by_looking(start):
    server = start(LISTEN)
    first = server.json("/subsz")
    for query in ("", "?subs=1", "?subs=1&test=foo.bar", "?acc=$G"):
        server.json("/subsz" + query)
    second = server.json("/subsz")
    for name in ("num_subscriptions", "num_inserts", "num_removes"):
        assert first[name] == second[name], name
