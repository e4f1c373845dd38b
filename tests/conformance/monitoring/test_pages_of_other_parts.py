"""The pages of parts that are off: JetStream, routes, leaf nodes, gateways, Raft, and the queues.

Spec: monitoring §4, §5, §6, §10, §12, §13; checklist 45, 55, 67, 68.
"""
import datetime
import json

import pytest

TEXT = "text/plain; charset=utf-8"
LISTEN = "listen: 127.0.0.1:-1\nhttp: 127.0.0.1:-1\n"

# What follows the members that name the server and the time.
JSZ = {"memory": 0, "storage": 0, "reserved_memory": 0, "reserved_storage": 0, "accounts": 0,
       "ha_assets": 0, "api": {"level": 0, "total": 0, "errors": 0}, "server_id": str, "now": str,
       "disabled": True, "config": {"max_memory": 0, "max_storage": 0}, "streams": 0,
       "consumers": 0, "messages": 0, "bytes": 0, "total": 0}
PAGES = {
    "/jsz": JSZ,
    "/routez": {"server_id": str, "server_name": str, "now": str, "num_routes": 0, "routes": []},
    "/leafz": {"server_id": str, "now": str, "leafnodes": 0, "leafs": []},
    "/gatewayz": {"server_id": str, "now": str, "outbound_gateways": {}, "inbound_gateways": {}},
}
QUERIES = {
    "/jsz": ["accounts=1", "streams=true", "consumers=1&config=1&raft=1", "acc=X", "acc=$G",
             "limit=3&offset=4", "limit=-1", "offset=-1", "direct-consumers=1",
             "stream-leader-only=1", "leader-only=0", "callback=x"],
    "/routez": ["subs=1", "subs=detail", "subs=DETAIL", "subs=0"],
    "/leafz": ["subs=1", "acc=X", "acc=$G"],
    "/gatewayz": ["gw_name=X", "accs=1", "acc_name=X", "acc_name=$G", "subs=1&accs=1",
                  "subs=detail"],
}


def check_page(page: dict, expected: dict, varz: dict) -> None:
    assert list(page) == list(expected)
    assert page["server_id"] == varz["server_id"]
    assert page.get("server_name", varz["server_name"]) == varz["server_name"]
    age = datetime.datetime.now(datetime.timezone.utc) - datetime.datetime.fromisoformat(
        page["now"][:19] + "+00:00")
    assert page["now"].endswith("Z") and abs(age.total_seconds()) < 60
    fixed = {name: value for name, value in expected.items() if value is not str}
    assert json.dumps({name: page[name] for name in fixed}) == json.dumps(fixed)


@pytest.mark.parametrize("path", PAGES)
def test_a_part_that_is_off_has_an_empty_page(start, path):
    server = start(LISTEN + "server_name: harbour\n")
    assert server.json("/varz")["server_name"] == "harbour"
    check_page(server.json(path), PAGES[path], server.json("/varz"))


@pytest.mark.parametrize("url", [f"{path}?{query}" for path in QUERIES for query in QUERIES[path]])
def test_parameters_find_nothing_in_it(server, url):
    check_page(server.json(url), PAGES[url.partition("?")[0]], server.json("/varz"))


def test_switched_off_by_name_it_is_the_same(start):
    server = start(LISTEN + "jetstream: false\n")
    check_page(server.json("/jsz"), JSZ, server.json("/varz"))


# In the order in which they are looked at: the first error is told.
PARAMETERS = {
    "/jsz": ["accounts", "streams", "consumers", "direct-consumers", "config", "offset", "limit",
             "leader-only", "raft", "stream-leader-only"],
    "/routez": ["subs"],
    "/leafz": ["subs"],
    "/gatewayz": ["subs", "accs"],
    "/ipqueuesz": ["all"],
    "/accstatz": ["unused"],
}
INTEGERS = ["offset", "limit"]


@pytest.mark.parametrize("path", PARAMETERS)
def test_the_first_value_that_cannot_be_read_is_the_error(server, ask, path):
    left = list(PARAMETERS[path])
    while left:
        got = ask(server, path + "?" + "&".join(f"{name}=xx" for name in reversed(left)))
        kind, function = ("int", "Atoi") if left[0] in INTEGERS else ("boolean", "ParseBool")
        assert (got.status, got.kind) == (400, TEXT)
        assert got.headers["Access-Control-Allow-Origin"] is None
        assert got.body.decode() == (f"Error decoding {kind} for '{left[0]}': strconv.{function}:"
                                     ' parsing "xx": invalid syntax')
        left.pop(0)


def test_details_of_subscriptions_are_not_for_leaf_nodes(server, ask):
    got = ask(server, "/leafz?subs=detail")
    assert (got.status, got.kind) == (400, TEXT)
    assert 'parsing "detail"' in got.body.decode()


def test_without_jetstream_nothing_is_led(server, ask):
    for query in ("leader-only=1", "leader-only=true&accounts=1"):
        got = ask(server, "/jsz?" + query)
        assert (got.status, got.kind, got.body) == (400, TEXT, b"filtered response: not leader")


@pytest.mark.parametrize("query", ["", "?acc=X", "?acc=$SYS", "?acc=$G", "?group=_meta_"])
def test_there_are_no_raft_groups_whatever_is_asked(server, ask, query):
    got = ask(server, "/raftz" + query)
    assert (got.status, got.kind, got.body) == (404, TEXT, b"No Raft nodes registered")
    assert got.headers["Access-Control-Allow-Origin"] is None
    assert got.headers["X-Content-Type-Options"] is None


# ---- the queues

def test_idle_queues_are_shown_on_demand(server, ask):
    assert ask(server, "/ipqueuesz").body == b"{}"
    shown = server.json("/ipqueuesz?all=1")
    assert shown and all(list(queue) in (["pending"], ["pending", "in_progress"])
                         for queue in shown.values())
    assert list(shown) == sorted(shown)


def test_queues_are_selected_by_a_part_of_their_name(server, ask):
    shown = server.json("/ipqueuesz?all=1")
    part = "ecvQ"
    some = server.json(f"/ipqueuesz?all=1&queues={part}")
    assert set(some) == {name for name in shown if part in name} != set()
    assert ask(server, "/ipqueuesz?all=1&queues=no+such+queue").body == b"{}"
    assert ask(server, f"/ipqueuesz?queues={part}").body == b"{}"


@pytest.mark.gannet_only("queues between shards")
def test_each_shard_has_a_queue(start):
    server = start(LISTEN + "shards: 3\n")
    assert server.json("/ipqueuesz?all=1") == {
        f"shard-{number} recvQ": {"pending": 0} for number in range(3)}
