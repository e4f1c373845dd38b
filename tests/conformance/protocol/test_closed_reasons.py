"""Why connections ended, as /connz?state=closed and the log tell it.

Spec: client-protocol §14; checklist 72. Reasons that need TLS, limits, timers or credentials are
looked at where those are tested.
"""
import pytest

LISTEN = "listen: 127.0.0.1:-1\nhttp: 127.0.0.1:-1\n"
QUIET = b'CONNECT {"verbose":false,"pedantic":false,"headers":true}\r\n'

REASONS = [
    (b"X", "Protocol Violation"),
    (b"PUB a\r\n", "Protocol Violation"),
    (b"CONNECT {bad}\r\n", "Protocol Violation"),
    (b"HPUB a 0 0\r\n\r\n", "Protocol Violation"),
    (QUIET + b"HPUB a 3 2\r\n", "Protocol Violation"),
    (b"PUB a 1\r\nxx\r\n", "Protocol Violation"),
    (b"-ERR 'x'\r\n", "Parse Error"),
    (b'CONNECT {"protocol":2}\r\n', "Bad Client Protocol Version"),
    (b'CONNECT {"no_responders":true}\r\n', "No Responders Requires Headers"),
    (b'CONNECT {"account":"x"}\r\n', "Authentication Failure"),
    (b"PUB a 1048577\r\n", "Maximum Message Payload Exceeded"),
    (b"SUB " + b"x" * 4097, "Maximum Control Line Exceeded"),
]


@pytest.mark.parametrize("data, reason", REASONS)
def test_what_a_client_does_wrong_is_the_reason(server, close_reason, data, reason):
    with server.raw() as client:
        cid = client.read_info()["client_id"]
        client.send(data)
        client.read_to_close()
    assert close_reason(server, cid) == reason


@pytest.mark.parametrize("end, reason", [("close", "Client Closed"), ("reset", "Read Error")])
def test_a_client_that_leaves_does_so_in_order_or_not(server, close_reason, end, reason):
    client = server.connect()
    cid = client.info["client_id"]
    getattr(client, end)()
    assert close_reason(server, cid) == reason


def test_the_first_reason_stands(server, close_reason):
    client = server.raw()
    cid = client.read_info()["client_id"]
    client.send(b'CONNECT {"protocol":2}\r\nX')
    client.read_to_close()
    client.reset()
    assert close_reason(server, cid) == "Bad Client Protocol Version"


def test_what_was_sent_before_leaving_is_served(server):
    with server.connect() as reader:
        reader.send(b"SUB last 1\r\n")
        reader.ping()
        with server.connect() as sender:
            sender.send(b"PUB last 5\r\nwords\r\n" * 100)
        reader.expect(b"MSG last 1 5\r\nwords\r\n" * 100)


def test_a_closed_connection_keeps_its_facts(server):
    with server.connect(name="gone", lang="c", version="9") as client:
        cid = client.info["client_id"]
        client.send(b"SUB a.b 7\r\nPUB a.b 3\r\nabc\r\n")
        client.ping()

    def find():
        closed = server.json("/connz?state=closed&subs=1&limit=10000")["connections"]
        return next((one for one in closed if one["cid"] == cid), None)

    shown = server.wait_for(find, "the closed connection")
    expected = {"name": "gone", "lang": "c", "version": "9", "in_msgs": 1, "in_bytes": 3,
                "out_msgs": 1, "out_bytes": 3, "subscriptions": 1, "subscriptions_list": ["a.b"],
                "reason": "Client Closed", "kind": "Client", "type": "nats", "ip": "127.0.0.1"}
    assert {key: shown.get(key) for key in expected} == expected
    assert shown["stop"] >= shown["start"]


@pytest.mark.parametrize("remembered", [1, 5])
def test_only_so_many_are_remembered(start, remembered):
    server = start(LISTEN + f"max_closed_clients: {remembered}\n")
    for _ in range(8):
        with server.connect() as client:
            last = client.info["client_id"]

    def remembers_the_last():
        closed = server.json("/connz?state=closed")["connections"]
        return closed and closed[-1]["cid"] == last and closed

    assert len(server.wait_for(remembers_the_last, "the last one")) == remembered


@pytest.mark.parametrize("data, reason", [REASONS[0], REASONS[6], REASONS[7], REASONS[10]])
def test_the_log_tells_the_reason_at_debug_level(start, data, reason):
    server = start(LISTEN, args=["-D"])
    with server.raw() as client:
        cid = client.read_info()["client_id"]
        client.send(data)
        client.read_to_close()
    server.wait_log(f" - cid:{cid} - Client connection closed: {reason}\n")
