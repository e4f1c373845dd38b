"""The orders in which /connz shows connections.

Spec: monitoring §3.3; checklist 28, 29, 36.
"""
import pytest

LISTEN = "listen: 127.0.0.1:-1\nhttp: 127.0.0.1:-1\n"
SIZES = [(3, 1), (1, 20), (4, 2), (2, 5)]  # messages and bytes of each, by connection
OPEN_ORDERS = ["cid", "start", "subs", "pending", "msgs_to", "msgs_from", "bytes_to", "bytes_from",
               "last", "idle", "uptime", "rtt"]
CLOSED_ORDERS = ["stop", "reason"]


@pytest.fixture(scope="module")
def crowd(server):
    """Four connections that differ in everything; returns (server, their numbers)."""
    clients = [server.connect() for _ in SIZES]
    sender = server.connect()
    for number, (client, (count, size)) in enumerate(zip(clients, SIZES)):
        client.send(b"SUB to.%d 1\r\n" % number)
        for more in range(count):
            client.send(b"SUB more.%d x%d\r\n" % (more, more))
        client.send(b"PUB none %d\r\n%s\r\n" % (size, b"x" * size) * count)
        client.ping()
    for number, (count, size) in enumerate(SIZES):
        sender.send(b"PUB to.%d %d\r\n%s\r\n" % (number, size, b"x" * size) * count)
        sender.ping()
        clients[number].ping()
    sender.close()
    ids = [client.info["client_id"] for client in clients]
    server.wait_for(lambda: server.json("/connz")["total"] == 4, "the sender's end")
    yield server, ids
    for client in clients:
        client.close()


def order(server, query: str) -> list:
    return [one["cid"] for one in server.json("/connz?" + query)["connections"]]


@pytest.mark.parametrize("sort, expected", [
    ("", [0, 1, 2, 3]), ("cid", [0, 1, 2, 3]), ("start", [0, 1, 2, 3]), ("subs", [2, 0, 3, 1]),
    ("msgs_to", [2, 0, 3, 1]), ("msgs_from", [2, 0, 3, 1]), ("bytes_to", [1, 3, 2, 0]),
    ("bytes_from", [1, 3, 2, 0]), ("last", [3, 2, 1, 0]), ("idle", [0, 1, 2, 3]),
    ("uptime", [3, 2, 1, 0])])
def test_connections_come_in_the_order_asked_for(crowd, sort, expected):
    server, ids = crowd
    assert order(server, "sort=" + sort) == [ids[at] for at in expected]


@pytest.mark.parametrize("sort, expected", [
    ("subs", [2, 0, 3, 1]), ("bytes_to", [1, 3, 2, 0]), ("uptime", [3, 2, 1, 0])])
def test_a_page_is_cut_after_sorting(crowd, sort, expected):
    server, ids = crowd
    assert order(server, f"sort={sort}&offset=1&limit=2") == [ids[at] for at in expected[1:3]]


@pytest.mark.parametrize("sort", OPEN_ORDERS)
def test_each_order_shows_everybody_once(crowd, sort):
    server, ids = crowd
    assert sorted(order(server, "sort=" + sort)) == ids


@pytest.mark.parametrize("sort", ["foo", "CID", "Subs", "cid%20", "name", "desc", "0"])
def test_an_order_nobody_knows_is_an_error(server, ask, sort):
    got = ask(server, "/connz?sort=" + sort)
    assert (got.status, got.kind) == (400, "text/plain; charset=utf-8")
    assert got.body.decode() == "invalid sorting option: " + sort.replace("%20", " ")


@pytest.mark.parametrize("sort", CLOSED_ORDERS)
@pytest.mark.parametrize("state", ["", "&state=open", "&state=all", "&state=any"])
def test_orders_of_an_end_need_closed_connections(server, ask, sort, state):
    got = ask(server, f"/connz?sort={sort}{state}")
    assert (got.status, got.body.decode()) == (
        400, f"sort by {sort} only valid on closed connections")


@pytest.fixture(scope="module")
def leavers(server, closed_row):
    """Closed connections by number, in the order in which they came, with when they left."""
    first, second, third, fourth = (server.connect() for _ in range(4))
    fourth.send(b"PUB a 9\r\n123456789\r\n")
    fourth.ping()
    for client, way in ((second, b"bad\r\n"), (fourth, None), (first, None),
                        (third, b"PUB a 9999999\r\n")):
        if way:
            client.send(way)
            client.read_to_close()
        client.close()
        closed_row(server, client.info["client_id"])
    return [client.info["client_id"] for client in (first, second, third, fourth)]


@pytest.mark.parametrize("sort, expected", [
    ("stop", [2, 0, 3, 1]), ("cid", [0, 1, 2, 3]), ("uptime", None), ("idle", None),
    ("bytes_from", None), ("reason", None), ("last", None)])
def test_closed_connections_are_sorted_too(server, leavers, sort, expected):
    found = [one for one in server.json(f"/connz?state=closed&sort={sort}")["connections"]
             if one["cid"] in leavers]
    ids = [one["cid"] for one in found]
    assert sorted(ids) == leavers
    if expected:
        assert ids == [leavers[at] for at in expected]
    if sort == "reason":
        reasons = [one["reason"] for one in found]
        assert reasons == sorted(reasons) and len(set(reasons)) == 3
    if sort == "bytes_from":
        assert found[0]["in_bytes"] == 9


def test_the_farthest_comes_first(start):
    server = start(LISTEN)
    with server.raw() as far, server.raw() as dim:
        far.read_info()
        dim.read_info()
        with server.connect() as near:
            server.wait_for(lambda: server.json("/connz")["total"] == 3, "all three")
            far.connect()  # how long that took is its first round trip
            far.ping()
            ids = [client.info["client_id"] for client in (far, near, dim)]
            assert order(server, "sort=rtt") == ids


def test_the_last_to_act_comes_first(start):
    server = start(LISTEN)
    clients = [server.connect() for _ in range(3)]
    for at in (2, 0, 1):
        clients[at].send(b"PUB a 0\r\n\r\n")
        clients[at].ping()
    ids = [client.info["client_id"] for client in clients]
    assert order(server, "sort=last") == [ids[1], ids[0], ids[2]]
    assert order(server, "sort=idle") == [ids[2], ids[0], ids[1]]
    for client in clients:
        client.close()
