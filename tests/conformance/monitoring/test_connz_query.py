"""Which connections /connz shows: paging, numbers, states, users, accounts.

Spec: monitoring §3.1, §3.2; checklist 27-31, 40.
"""
import contextlib

import pytest

LISTEN = "listen: 127.0.0.1:-1\nhttp: 127.0.0.1:-1\n"
MOST = 2**63 - 1


@pytest.fixture(scope="module")
def crowd(server, closed_row):
    """A server with seven open and three closed connections; returns (server, open, closed)."""
    opened = [server.connect(user=f"u{number % 3}", **{"pass": "p"}) for number in range(10)]
    for client in opened[:3]:
        client.close()
        closed_row(server, client.info["client_id"])
    ids = [client.info["client_id"] for client in opened]
    yield server, ids[3:], ids[:3]
    for client in opened[3:]:
        client.close()


def page(server, query: str) -> tuple:
    """num_connections, total, offset, limit, and the numbers of the connections."""
    connz = server.json("/connz?" + query)
    assert connz["num_connections"] == len(connz["connections"])
    return (connz["total"], connz["offset"], connz["limit"],
            [one["cid"] for one in connz["connections"]])


@pytest.mark.parametrize("query, offset, limit, first, last", [
    ("", 0, 1024, 0, 7), ("limit=3", 0, 3, 0, 3), ("limit=7", 0, 7, 0, 7),
    ("limit=3&offset=2", 2, 3, 2, 5), ("limit=3&offset=6", 6, 3, 6, 7), ("offset=7", 7, 1024, 7, 7),
    ("offset=8", 8, 1024, 7, 7), ("offset=-5", 0, 1024, 0, 7), ("limit=0", 0, 1024, 0, 7),
    ("limit=-1&offset=1", 1, 1024, 1, 7), ("limit=%2B2", 0, 2, 0, 2), ("limit=002", 0, 2, 0, 2),
    (f"offset={MOST}&limit=1", MOST, 1, 7, 7), (f"limit={MOST}", 0, MOST, 0, 7)])
def test_a_page_is_part_of_the_list(crowd, query, offset, limit, first, last):
    server, opened, _ = crowd
    assert page(server, query) == (7, offset, limit, opened[first:last])


@pytest.mark.parametrize("state, shown", [
    ("", "open"), ("open", "open"), ("OPEN", "open"), ("closed", "closed"), ("Closed", "closed"),
    ("all", "both"), ("any", "both"), ("ANY", "both")])
def test_the_state_is_chosen(crowd, state, shown):
    server, opened, closed = crowd
    expected = {"open": opened, "closed": closed, "both": closed + opened}[shown]
    assert page(server, "state=" + state) == (len(expected), 0, 1024, expected)


@pytest.mark.parametrize("state", ["xxx", "0", "1", "open%20", "opened"])
def test_other_states_are_errors(server, ask, state):
    got = ask(server, "/connz?state=" + state)
    assert (got.status, got.body.decode()) == (
        400, "Error decoding state for " + state.replace("%20", " "))


@pytest.mark.parametrize("query, offset, limit, first, last", [
    ("offset=2&limit=3", 2, 3, 2, 5), ("offset=9", 9, 1024, 9, 10), ("offset=10", 10, 1024, 10, 10),
    (f"offset={MOST}", MOST, 1024, 10, 10)])
def test_a_page_may_hold_open_and_closed_ones(crowd, query, offset, limit, first, last):
    server, opened, closed = crowd
    assert page(server, "state=all&" + query) == (
        10, offset, limit, (closed + opened)[first:last])


# ---- one by its number

@pytest.mark.parametrize("query", ["", "state=any&", "limit=5&", "auth=1&subs=1&", "sort=subs&"])
def test_one_is_found_by_its_number(crowd, query):
    server, opened, _ = crowd
    total, offset, limit, found = page(server, f"{query}cid={opened[3]}")
    assert (offset, limit, found) == (0, 1, [opened[3]])
    assert total == (10 if "any" in query else 7)


@pytest.mark.parametrize("state", ["closed", "any"])
def test_one_that_is_closed_is_found_by_its_number(crowd, state):
    server, _, closed = crowd
    assert page(server, f"state={state}&cid={closed[1]}")[2:] == (1, [closed[1]])


@pytest.mark.parametrize("query", ["cid=999999", "cid=18446744073709551615"])
def test_a_number_nobody_has_finds_nobody(crowd, query):
    server, opened, closed = crowd
    assert page(server, query) == (7, 0, 1, [])
    assert page(server, "state=closed&" + query) == (3, 0, 1, [])
    assert page(server, f"cid={closed[0]}")[2:] == (1, [])
    assert page(server, f"state=closed&cid={opened[0]}")[2:] == (1, [])


def test_no_number_is_everybody(crowd):
    server, opened, _ = crowd
    for query in ("cid=", "cid=0", "cid=00"):
        assert page(server, query) == (7, 0, 1024, opened)


def test_an_offset_passes_over_the_one(crowd):
    server, opened, _ = crowd
    assert page(server, f"cid={opened[0]}&offset=1") == (7, 1, 1, [])


# ---- by user and account

def test_users_are_found_by_name(crowd):
    server, opened, closed = crowd
    assert page(server, "auth=1&user=u0") == (7, 0, 1024, [opened[0], opened[3], opened[6]])
    assert page(server, "user=u0&limit=2") == (7, 0, 2, [opened[0], opened[3]])
    assert page(server, "user=u0&state=closed") == (3, 0, 1024, [closed[0]])
    assert page(server, "user=u0&state=all") == (
        10, 0, 1024, [closed[0], opened[0], opened[3], opened[6]])
    assert page(server, "user=nobody") == (7, 0, 1024, [])
    assert page(server, "user=U0") == (7, 0, 1024, [])


def test_a_number_and_another_user_find_nobody(crowd):
    server, opened, closed = crowd
    assert page(server, f"cid={opened[0]}&user=u0")[3] == [opened[0]]
    assert page(server, f"cid={opened[0]}&user=u1")[3] == []
    assert page(server, f"state=any&cid={closed[0]}&user=u0")[3] == [closed[0]]
    assert page(server, f"state=any&cid={closed[0]}&user=u1")[3] == []


def test_the_global_account_is_found_by_name_while_open(crowd):
    server, opened, _ = crowd
    assert page(server, "acc=$G") == (7, 0, 1024, opened)
    assert page(server, "acc=%24G&limit=2") == (7, 0, 2, opened[:2])
    assert page(server, "acc=$G&state=closed") == (0, 0, 1024, [])
    assert page(server, "acc=$G&state=any") == (7, 0, 1024, opened)
    assert page(server, f"acc=$G&cid={opened[0]}")[3] == [opened[0]]


def test_nobody_is_in_the_system_account(crowd):
    server, _, _ = crowd
    assert page(server, "acc=$SYS") == (0, 0, 1024, [])


@pytest.mark.parametrize("query, limit", [("", 1024), ("&limit=3", 3), ("&state=all", 1024),
                                          ("&auth=1&subs=1", 1024)])
def test_an_account_nobody_knows_shows_nothing_at_all(crowd, query, limit):
    server, _, _ = crowd
    connz = server.json("/connz?acc=NO" + query)
    del connz["now"]
    assert connz == {"server_id": "", "num_connections": 0, "total": 0, "offset": 0, "limit": limit,
                     "connections": None}


@pytest.mark.parametrize("query, expected", [
    ("mqtt_client=x", []), ("mqtt_client=x&state=all", []), ("mqtt_client=", None)])
def test_nobody_is_a_client_of_mqtt(crowd, query, expected):
    server, opened, _ = crowd
    assert page(server, query)[3] == (opened if expected is None else expected)


def test_a_subject_is_no_filter_here(crowd):
    server, opened, _ = crowd
    assert page(server, "filter_subject=foo") == (7, 0, 1024, opened)


# ---- many

def test_a_page_has_at_most_1024_unless_asked(start):
    server = start(LISTEN)
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(server.raw()) for _ in range(1100)]
        for client in clients:
            client.read_info()
        ids = sorted(client.info["client_id"] for client in clients)
        server.wait_for(lambda: server.json("/varz")["connections"] == 1100, "all of them")
        assert page(server, "") == (1100, 0, 1024, ids[:1024])
        assert page(server, "offset=1024") == (1100, 1024, 1024, ids[1024:])
        assert page(server, "limit=2000") == (1100, 0, 2000, ids)


# ---- the order of errors

@pytest.mark.parametrize("query, text", [
    ("sort=foo&auth=x", "Error decoding boolean for 'auth'"),
    ("auth=x&subs=x", "Error decoding boolean for 'auth'"),
    ("subs=x&offset=x", "Error decoding boolean for 'subs'"),
    ("offset=x&limit=x", "Error decoding int for 'offset'"),
    ("limit=x&cid=x", "Error decoding int for 'limit'"),
    ("cid=x&state=x", "Error decoding uint64 for 'cid'"),
    ("state=x&sort=foo", "Error decoding state for x"),
    ("sort=foo&acc=NO", "invalid sorting option: foo")])
def test_the_first_error_is_told(server, ask, query, text):
    got = ask(server, "/connz?" + query)
    assert got.status == 400
    assert got.body.decode().startswith(text)
