"""`$SYS.REQ.USER.INFO`: a client asks who it is.

Spec: client-protocol §17; checklist 89 without permissions and accounts.
"""
import json
import re

import pytest

LISTEN = "listen: 127.0.0.1:-1\nhttp: 127.0.0.1:-1\n"


def ask(client, payload: bytes = b"", reply: bytes = b"who.me") -> dict:
    client.send(b"SUB " + reply + b" 1\r\nPUB $SYS.REQ.USER.INFO " + reply + b" %d\r\n"
                % len(payload) + payload + b"\r\n")
    line = client.read_line()
    match = re.fullmatch(rb"MSG " + re.escape(reply) + rb" 1 (\d+)\r\n", line)
    assert match, line
    answer = client.read_exactly(int(match[1]))
    client.expect(b"\r\n")
    return json.loads(answer)


@pytest.mark.parametrize("config, options, user", [
    ("", {}, ""),
    ("", {"user": "unasked", "pass": "x"}, "unasked"),
    ("authorization { user: a, password: b }\n", {"user": "a", "pass": "b"}, "a"),
    ("authorization { token: t }\n", {"auth_token": "t"}, "[REDACTED]"),
])
def test_the_answer_names_user_and_account(start, config, options, user):
    server = start(LISTEN + config)
    with server.connect(**options) as client:
        answer = ask(client)
        assert list(answer) == ["server", "data"]
        assert answer["data"] == {"user": user, "account": "$G", "account_name": "$G"}
        assert answer["server"]["id"] == client.info["server_id"]
        assert answer["server"]["ver"] == client.info["version"]


@pytest.mark.parametrize("payload", [b"", b"{}", b"any thing", b"{bad"])
def test_any_payload_does(server, payload):
    with server.connect() as client:
        assert ask(client, payload)["data"]["account"] == "$G"


def test_without_a_reply_there_is_no_answer(server):
    with server.connect() as client:
        client.send(b"SUB who.> 1\r\nPUB $SYS.REQ.USER.INFO 0\r\n\r\n")
        client.expect_nothing()
        client.expect_nothing()


def test_a_client_that_never_connected_may_ask(server):
    with server.raw() as client:
        client.read_info()
        client.send(b"SUB who.me 1\r\nPUB $SYS.REQ.USER.INFO who.me 0\r\n\r\n")
        client.expect(b"+OK\r\n+OK\r\n")
        assert re.fullmatch(rb"MSG who.me 1 \d+\r\n", client.read_line())


def test_it_has_a_responder(server):
    with server.connect(headers=True, no_responders=True) as client:
        assert "503" not in json.dumps(ask(client)["data"])


def test_the_server_says_the_same_of_itself_as_info_does(server):
    with server.connect() as client:
        about = ask(client)["server"]
        assert about["name"] == client.info["server_name"]
        assert about["host"] == client.info["host"]
        assert about["jetstream"] is False
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", about["time"])


def test_each_answer_goes_to_who_asked(server):
    with server.connect() as one, server.connect() as two:
        two.send(b"SUB other 1\r\n")
        two.ping()
        ask(one, reply=b"mine.1")
        two.expect_nothing()
