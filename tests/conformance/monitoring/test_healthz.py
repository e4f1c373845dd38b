"""/healthz of a server without JetStream.

Spec: monitoring §11; checklist 61-63, 66.
"""
import itertools
import json
import signal

import pytest

LISTEN = "listen: 127.0.0.1:-1\nhttp: 127.0.0.1:-1\n"
OK = b'{"status":"ok"}'
NO_ACCOUNT = '"account" must not be empty when checking stream health'
NO_STREAM = '"stream" must not be empty when checking consumer health'


def compact(value) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


@pytest.mark.parametrize("query", [
    "", "details=1", "details=true", "js-server-only=1", "js-enabled-only=1", "js-enabled=1",
    "js-meta-only=1", "js-server-only=1&details=1", "account=A", "account=A&stream=S",
    "account=A&stream=S&consumer=C", "account=A&stream=S&consumer=C&details=1", "foo=bar",
    "js-server-only", "details=", "account=&stream=&consumer="])
def test_a_server_that_runs_is_well(server, ask, query):
    got = ask(server, "/healthz?" + query)
    assert (got.status, got.body, got.kind) == (200, OK, "application/json")
    assert got.headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize("query, text", [
    ("stream=S", NO_ACCOUNT), ("stream=S&consumer=C", NO_ACCOUNT), ("consumer=C", NO_STREAM),
    ("account=A&consumer=C", NO_STREAM), ("stream=S&js-server-only=1", NO_ACCOUNT),
    ("consumer=C&js-enabled-only=1", NO_STREAM)])
def test_half_a_name_is_an_error(server, ask, query, text):
    got = ask(server, "/healthz?" + query)
    assert (got.status, got.kind) == (400, "application/json")
    assert got.body == compact({"status": "error", "error": text})
    got = ask(server, f"/healthz?details=1&{query}")
    assert got.status == 400
    assert got.body == compact({"status": "error",
                                "errors": [{"type": "BAD_REQUEST", "error": text}]})


def test_the_order_of_parameters_that_cannot_be_read(server, ask):
    names = ["js-enabled", "js-enabled-only", "js-server-only", "js-meta-only", "details"]
    told = {}
    for one, other in itertools.combinations(names, 2):
        text = ask(server, f"/healthz?{one}=x&{other}=x").body.decode()
        told[one, other] = text.split("'")[1]
    assert told == {(one, other): one for one, other in told}


def test_a_failed_check_stands_in_the_log(start):
    server = start(LISTEN)
    server.get("/healthz?stream=S")
    server.wait_log(f'[WRN] Healthcheck failed: "{NO_ACCOUNT}"\n'.replace('""', '"\\"')
                    .replace('account" must', 'account\\" must'))


def test_the_old_name_of_a_parameter_is_warned_about(start):
    server = start(LISTEN)
    server.get("/healthz?js-enabled=0")
    assert "deprecated" not in server.log()
    server.get("/healthz?js-enabled=1")
    server.wait_log("[WRN] Healthcheck: js-enabled deprecated, use js-enabled-only instead\n")


def test_a_good_check_stands_in_no_log(start):
    server = start(LISTEN, args=["-DV"])
    before = server.log()
    assert server.get("/healthz")[0] == 200
    assert server.log() == before


def test_a_lame_duck_is_not_well(start, ask):
    server = start(LISTEN + "lame_duck_duration: 30s\nlame_duck_grace_period: 25s\n")
    text = "failed to be ready for connections after 1ms: server"
    with server.connect():
        server.signal(signal.SIGUSR2)
        server.wait_for(lambda: ask(server, "/healthz").status != 200, "trouble")
        for query in ("", "js-server-only=1", "js-enabled-only=1", "account=A"):
            got = ask(server, "/healthz?" + query)
            assert (got.status, got.body) == (500, compact({"status": "error", "error": text}))
            got = ask(server, f"/healthz?details=1&{query}")
            assert (got.status, got.body) == (500, compact(
                {"status": "error", "errors": [{"type": "CONNECTION", "error": text}]}))
        assert server.json("/varz")["connections"] == 1
        assert server.json("/connz")["total"] == 1
    server.process.kill()  # it would take its time
    server.wait_exit()
