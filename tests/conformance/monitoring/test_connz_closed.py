"""What /connz remembers of connections that are closed.

Spec: monitoring §3.2, §3.4, §3.5; checklist 37, 38.
"""
import pytest

LISTEN = "listen: 127.0.0.1:-1\nhttp: 127.0.0.1:-1\n"
ORDER = """cid kind type ip port start last_activity stop reason rtt uptime idle pending_bytes
in_msgs out_msgs in_bytes out_bytes stalls subscriptions name lang version tls_version
tls_cipher_suite tls_peer_certs tls_first authorized_user account subscriptions_list
subscriptions_list_detail jwt issuer_key name_tag tags mqtt_client proxy""".split()
ALWAYS = ORDER[:17] + ["subscriptions"]


def end(client) -> int:
    client.close()
    return client.info["client_id"]


def test_nobody_has_left_yet(start):
    connz = start(LISTEN).json("/connz?state=closed")
    assert (connz["total"], connz["connections"]) == (0, [])


def test_who_left_shows_when_and_why(server, closed_row):
    shown = closed_row(server, end(server.connect()))
    assert list(shown) == ALWAYS
    assert shown["reason"] == "Client Closed"
    assert shown["start"] <= shown["last_activity"] <= shown["stop"]
    assert shown["uptime"] in ("0s", "1s") and shown["idle"] in ("0s", "1s")


def test_a_closed_connection_is_not_among_the_open(server, closed_row, row):
    client = server.connect()
    cid = end(client)
    closed_row(server, cid)
    assert row(server, client) is None
    assert row(server, client, "state=all")["cid"] == cid
    with server.connect() as client:
        assert row(server, client, "state=closed") is None


def test_open_and_closed_ones_differ_by_their_end(server, closed_row, row):
    cid = end(server.connect())
    closed_row(server, cid)
    with server.connect() as client:
        shown = row(server, client, "state=all")
        assert "stop" not in shown and "reason" not in shown
        both = server.json("/connz?state=all&limit=100000")["connections"]
        assert {cid, client.info["client_id"]} <= {one["cid"] for one in both}
        assert "stop" in next(one for one in both if one["cid"] == cid)


def test_its_age_stands_still(server, closed_row):
    cid = end(server.connect())
    first = closed_row(server, cid)
    with server.connect() as other:
        server.wait_for(lambda: server.json("/connz")["connections"][-1]["uptime"] not in
                        ("0s", "1s"), "two seconds")
        other.ping()
    assert closed_row(server, cid) == first


def test_what_it_did_is_kept(server, closed_row):
    with server.connect(name="n", lang="c", version="7", user="u", **{"pass": "p"}) as client:
        client.send(b"SUB a.b 7\r\nPUB a.b 3\r\nabc\r\nPUB x 1\r\nx\r\n")
        client.ping()
    shown = closed_row(server, client.info["client_id"])
    expected = {"name": "n", "lang": "c", "version": "7", "in_msgs": 2, "in_bytes": 4,
                "out_msgs": 1, "out_bytes": 3, "subscriptions": 1}
    assert {name: shown.get(name) for name in expected} == expected
    assert "authorized_user" not in shown and "subscriptions_list" not in shown


def test_asked_it_tells_the_user(server, closed_row):
    with server.connect(user="u", **{"pass": "secret"}) as client:
        pass
    shown = closed_row(server, client.info["client_id"], "auth=1")
    assert shown["authorized_user"] == "u"
    assert "account" not in shown
    assert list(shown) == [name for name in ORDER if name in shown]
    assert "secret" not in server.get("/connz?state=all&auth=1&subs=detail")[1]


def test_subscriptions_at_the_end_are_listed(server, closed_row):
    with server.connect() as client:
        client.send(b"SUB a 1\r\nSUB b q 2\r\nSUB c 3\r\nUNSUB 3\r\nUNSUB 2 9\r\n"
                    b"PUB a 0\r\n\r\n")
        client.ping()
    cid = client.info["client_id"]
    shown = closed_row(server, cid, "subs=1")
    assert sorted(shown["subscriptions_list"]) == ["a", "b"]
    details = closed_row(server, cid, "subs=detail")["subscriptions_list_detail"]
    assert sorted(details, key=lambda sub: sub["sid"]) == [
        {"account": "$G", "account_tag": "$G", "subject": "a", "sid": "1", "msgs": 1, "cid": cid},
        {"account": "$G", "account_tag": "$G", "subject": "b", "qgroup": "q", "sid": "2",
         "msgs": 0, "cid": cid}]


@pytest.mark.parametrize("sent", [b"", b"PING\r\n", b"CONN"])
def test_who_never_connected_is_remembered(server, closed_row, sent):
    client = server.raw()
    client.read_info()
    client.send(sent)
    shown = closed_row(server, end(client))
    assert shown["reason"] in ("Client Closed", "Read Error")
    assert "name" not in shown


def test_who_failed_to_authenticate_is_remembered(start, closed_row):
    server = start(LISTEN + "authorization { user: u, password: right, timeout: 0.2 }\n")
    with server.raw() as client, server.raw() as silent:
        client.read_info()
        silent.read_info()
        client.connect(user="u", **{"pass": "wrong"}, name="x")
        client.read_to_close()
        shown = closed_row(server, client.info["client_id"], "auth=1")
        assert (shown["reason"], shown.get("name")) == ("Authentication Failure", "x")
        assert shown.get("authorized_user") == "u"
        silent.read_to_close()
        shown = closed_row(server, silent.info["client_id"], "auth=1")
        assert shown["reason"] == "Authentication Timeout"
        assert "authorized_user" not in shown
    assert "wrong" not in server.get("/connz?state=all&auth=1")[1]


def test_a_tls_handshake_that_fails_is_remembered(start, tls_block):
    server = start(LISTEN + tls_block())
    with server.raw() as client:
        cid = client.read_info()["client_id"]
        client.send(b"this is not a handshake\r\n")
        client.read_to_close()

        def find():
            return [one for one in server.json("/connz?state=closed")["connections"]
                    if one["cid"] == cid]

        shown = server.wait_for(find, "the closed connection")[0]
    assert shown["reason"] == "TLS Handshake Failure"
    assert "tls_version" not in shown


def test_only_so_many_are_remembered(start, closed_row):
    server = start(LISTEN + "max_closed_clients: 3\n")
    ids = [end(server.connect()) for _ in range(6)]
    for cid in ids[-1:]:
        closed_row(server, cid)
    server.wait_for(lambda: server.json("/varz")["connections"] == 0, "the end of all")
    connz = server.json("/connz?state=closed")
    assert (connz["total"], len(connz["connections"])) == (3, 3)
    assert server.json("/connz?state=closed&limit=1&offset=1")["total"] == 3


def test_zero_means_the_default(start, closed_row):
    server = start(LISTEN + "max_closed_clients: 0\n")
    for _ in range(3):
        closed_row(server, end(server.connect()))
    assert server.json("/connz?state=closed")["total"] == 3


@pytest.mark.parametrize("count", [1000, 1500])
def test_all_subscriptions_are_remembered_however_many(server, closed_row, count):
    with server.connect() as client:
        client.send(b"".join(b"SUB many.%d %d\r\n" % (each, each) for each in range(count)))
        client.ping()
    shown = closed_row(server, client.info["client_id"], "subs=1")
    assert shown["subscriptions"] == count
    assert len(shown.get("subscriptions_list", [])) == count


def test_messages_of_a_closed_connection_stay_counted(server, closed_row):
    with server.connect() as client, server.connect() as other:
        other.send(b"SUB kept 1\r\n")
        other.ping()
        client.send(b"PUB kept 2\r\nhi\r\n" * 5)
        client.ping()
        other.ping()
    sent = closed_row(server, client.info["client_id"])
    got = closed_row(server, other.info["client_id"], "subs=detail")
    assert (sent["in_msgs"], sent["in_bytes"], sent["out_msgs"]) == (5, 10, 0)
    assert (got["out_msgs"], got["out_bytes"], got["in_msgs"]) == (5, 10, 0)
    assert got["subscriptions_list_detail"][0]["msgs"] == 5
