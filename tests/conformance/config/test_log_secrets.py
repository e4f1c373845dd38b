"""Secrets of clients in the log and on the pages: what quotes a client goes through one redaction.

Spec: config-and-cli §7.7. The tests look at everything a server wrote, not at one line.
"""
import json

import pytest

LISTEN = "listen: 127.0.0.1:-1\nhttp: 127.0.0.1:-1\n"
SECRETS = {"pass": "pa55-\"quoted\"", "auth_token": "t0k3n", "sig": "s1gn", "nkey": "nk3y"}
FIELDS = {"user": "bob", **SECRETS, "verbose": False, "name": "plain"}
NOT_IN_2_15_2 = "nats-server redacts the CONNECT of a trace and nothing else"


def hidden_in(*texts: str) -> None:
    """None of the secrets, nor a part that tells it, stands in what people read."""
    for text in texts:
        for secret in ("pa55", "quoted", "t0k3n", "s1gn", "nk3y"):
            assert secret not in text, text[-3000:]


def pages(server) -> str:
    return "".join(server.get(path)[1] for path in (
        "/connz?auth=1&subs=detail&state=all", "/connz?auth=1&subs=1&state=closed",
        "/subsz?subs=1", "/varz"))


def connect_line(**more) -> bytes:
    return b"CONNECT " + json.dumps({**FIELDS, **more}).encode() + b"\r\n"


@pytest.fixture(params=[[], ["-DV"]], ids=["default", "trace"])
def logging(start, request):
    """A server that logs at the default level, and one that logs everything."""
    return lambda config="": start(LISTEN + config, args=request.param)


@pytest.mark.gannet_only(NOT_IN_2_15_2)
def test_a_control_line_that_is_too_long_tells_no_secret(logging):
    server = logging("max_control_line: 100\n")
    with server.raw() as client:
        client.read_info()
        client.send(connect_line(name="x" * 200))
        assert b"maximum control line exceeded" in client.read_to_close()
    server.wait_log("maximum control line exceeded")
    assert "[REDACTED]" in server.log()
    hidden_in(server.log(), pages(server))


@pytest.mark.gannet_only(NOT_IN_2_15_2)
@pytest.mark.parametrize("limit", range(20, 110, 7))
def test_wherever_the_line_is_cut(start, limit):
    server = start(LISTEN + f"max_control_line: {limit}\n")
    with server.raw() as client:
        client.read_info()
        client.send(connect_line())
        client.read_to_close()
    server.wait_log("maximum control line exceeded")
    hidden_in(server.log())


JSON = json.dumps(FIELDS).encode()
BROKEN = {
    "no verb": JSON,
    "a fragment": JSON[JSON.index(b'"auth_token'):],
    "another verb": b"CONNECTS " + JSON,
    "the wrong verb": b"SUB " + JSON,
    "a list of words": b'PUB "pass":"pa55" "sig":"s1gn" 5 6 7',
    "no JSON": b"CONNECT {user: bob, pass: 'pa55', auth_token=t0k3n}",
    "JSON without an end": b"CONNECT " + JSON[:-2],
    "a wrong type": b'CONNECT {"verbose":"x","pass":{"a":"t0k3n"}}',
    "an error of the client": b"-ERR 'pass=pa55'",
    "a payload that is longer than said": b"PUB a 3\r\n" + JSON,
    "a payload that ends within a name": b"PUB a 63\r\n" + b" " * 60 + b'"pass":"pa55"',
    "a payload that ends within a secret":
        b'PUB a 16\r\n{"pass":"quoted-pa55 t0k3n","user":"u"}',
    "headers that are longer than said":
        b'HPUB a 12 20\r\nNATS/1.0\r\n\r\n "pass":"pa55", "x":1',
    "a URL": b"nats://bob:pa55@h",
    "a user": b"bob:pa55@h",
    "another protocol": b"AUTH pa55",
    "HTTP": b"Authorization: Basic pa55",
    "escapes": b'{"p\\u0061ss":"pa55"}',
}


@pytest.mark.gannet_only(NOT_IN_2_15_2)
@pytest.mark.parametrize("sent", BROKEN.values(), ids=BROKEN.keys())
def test_what_makes_no_sense_tells_no_secret(logging, sent):
    server = logging()
    with server.connect() as client:
        client.send(sent + b"\r\n")
        client.read_to_close()
    server.wait_log("[ERR]")
    hidden_in(server.log(), pages(server))


@pytest.mark.gannet_only(NOT_IN_2_15_2)
@pytest.mark.parametrize("size", range(1, 60, 6))
def test_in_how_many_pieces_it_came_makes_no_difference(start, size):
    server = start(LISTEN, args=["-DV"])
    sent = b"PUB a 3\r\n" + JSON + b"\r\n"
    with server.connect() as client:
        client.send(sent[:size])
        server.json("/connz")  # a round trip, so that the first piece is read alone
        try:
            client.send(sent[size:])
            client.read_to_close()
        except OSError:  # the first piece was enough to close it
            pass
    server.wait_log("[ERR]")
    hidden_in(server.log(), pages(server))


@pytest.mark.gannet_only("nats-server shows the JWT: one of a bearer lets its finder in")
def test_a_jwt_is_a_secret(start):
    server = start(LISTEN, args=["-V"])
    with server.connect(jwt="eyJ0eXAi.t0k3n"):
        pass
    server.wait_log('"jwt": "[REDACTED]"')
    hidden_in(server.log())


@pytest.mark.gannet_only(NOT_IN_2_15_2)
def test_a_url_for_a_name_or_a_subject_keeps_its_password(logging):
    server = logging()
    url = "nats://bob:pa55@h"
    with server.connect(name=url, lang=url, version=url, user=url) as client:
        client.send(f"SUB {url} 1\r\nSUB {url}.> {url} {url}\r\nPUB {url} 2\r\nhi\r\n".encode())
        client.send(f"PUB $GR.{url} 0\r\n\r\n".encode())
        answer = client.ping()
        assert b"MSG nats://bob:pa55@h 1 2\r\nhi\r\n" in answer  # what is delivered is as it was
        assert b"Permissions Violation for Publish to \"$GR.nats://[REDACTED]@h\"" in answer
        shown = pages(server)
        assert "nats://[REDACTED]@h" in shown
        hidden_in(shown)
    server.wait_for(lambda: server.json("/connz?state=closed")["connections"], "its record")
    hidden_in(server.log(), pages(server))


@pytest.mark.gannet_only(NOT_IN_2_15_2)
def test_a_payload_in_a_trace_tells_no_secret(start):
    server = start(LISTEN, args=["-DV"])
    payload = json.dumps(SECRETS).encode()
    with server.connect(headers=True) as client:
        client.send(b"SUB a 1\r\nPUB a %d\r\n%s\r\n" % (len(payload), payload))
        assert payload in client.ping()
    server.wait_log("MSG_PAYLOAD")
    hidden_in(server.log())


@pytest.mark.parametrize("name", ["svc:prod@host1", "pass=always", "bypass: 5", "a b"])
def test_a_name_that_only_looks_like_one_is_shown(start, name):
    server = start(LISTEN, args=["-D"])
    with server.connect(name=name):
        assert server.json("/connz")["connections"][0]["name"] == name
    server.wait_log(f' - "{name}" - ')


def test_a_user_who_is_refused_is_named_without_the_password(start):
    server = start(LISTEN + "authorization { user: alice, pass: other }\n", args=["-DV"])
    with server.raw() as client:
        client.read_info()
        client.send(b'CONNECT {"user":"bob","pass":"pa55","auth_token":"t0k3n"}\r\n')
        client.read_to_close()
    server.wait_log('authentication error - User "bob"')
    hidden_in(server.log(), pages(server))
