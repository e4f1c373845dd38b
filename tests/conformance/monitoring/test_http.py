"""HTTP as the monitoring port speaks it: connections, methods, bodies, requests that are none.

Spec: monitoring §1.1, §1.3.
"""
import re
import socket
import time

import pytest

LISTEN = "listen: 127.0.0.1:-1\nhttp: 127.0.0.1:-1\n"
OK = b'{"status":"ok"}'
HOST = b" HTTP/1.1\r\nHost: x\r\n"
GET = b"GET /healthz" + HOST


def read_answer(client) -> tuple:
    """Status line, headers by lower-case name, and body of an answer."""
    status, *lines = client.read_until(b"\r\n\r\n")[:-4].decode().split("\r\n")
    headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
    return status, headers, client.read_exactly(int(headers.get("content-length", 0)))


# ---- connections

def test_a_connection_serves_one_request_after_the_other(server, monitor):
    with monitor(server) as client:
        for _ in range(50):
            client.send(GET + b"\r\n")
            status, headers, body = read_answer(client)
            assert (status, body) == ("HTTP/1.1 200 OK", OK)
            assert "connection" not in headers
        assert client.is_open()


def test_requests_may_follow_without_waiting(server, monitor):
    with monitor(server) as client:
        client.send((GET + b"\r\n") * 20 + b"GET /nope" + HOST + b"\r\n")
        for _ in range(20):
            assert read_answer(client)[2] == OK
        assert read_answer(client)[0] == "HTTP/1.1 404 Not Found"


def test_a_request_may_come_in_pieces(server, monitor):
    with monitor(server) as client:
        for byte in GET + b"\r\n":
            client.send(bytes([byte]))
        assert read_answer(client)[2] == OK


@pytest.mark.parametrize("value", [b"close", b"CLOSE", b"keep-alive, close"])
def test_who_asks_for_the_end_gets_it(server, monitor, value):
    with monitor(server) as client:
        client.send(GET + b"Connection: " + value + b"\r\n\r\n")
        status, headers, body = read_answer(client)
        assert (status, headers["connection"], body) == ("HTTP/1.1 200 OK", "close", OK)
        assert client.read_to_close() == b""


def test_http_1_0_ends_the_connection(server, monitor):
    with monitor(server) as client:
        client.send(b"GET /healthz HTTP/1.0\r\n\r\n")
        status, headers, body = read_answer(client)
        assert (status, body) == ("HTTP/1.0 200 OK", OK)
        assert "connection" not in headers
        assert client.read_to_close() == b""


def test_http_1_0_can_keep_it(server, monitor):
    with monitor(server) as client:
        for _ in range(3):
            client.send(b"GET /healthz HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
            status, headers, body = read_answer(client)
            assert (status, headers["connection"], body) == ("HTTP/1.0 200 OK", "keep-alive", OK)


def test_lines_may_end_without_a_carriage_return(server, monitor):
    with monitor(server) as client:
        client.send(b"GET /healthz HTTP/1.1\nHost: x\n\n")
        assert read_answer(client)[2] == OK


def test_a_header_may_take_five_seconds_and_a_pause_longer(server, monitor):
    with monitor(server) as idle, monitor(server) as silent, monitor(server) as slow:
        since = time.monotonic()
        slow.send(GET)
        idle.send(GET + b"\r\n")
        read_answer(idle)
        assert slow.read_to_close() == silent.read_to_close() == b""
        assert time.monotonic() - since > 4.5
        idle.send(GET + b"\r\n")
        assert read_answer(idle)[2] == OK


def test_many_connections_are_served_at_once(server, monitor):
    clients = [monitor(server) for _ in range(200)]
    for client in clients:
        client.send(GET + b"\r\n")
    for client in clients:
        assert read_answer(client)[2] == OK
        client.close()


# ---- methods and bodies

METHODS = [b"GET", b"POST", b"PUT", b"DELETE", b"PATCH", b"OPTIONS", b"TRACE", b"CONNECT", b"BREW",
           b"get"]


@pytest.mark.parametrize("method", METHODS)
def test_the_method_does_not_matter(server, monitor, method):
    with monitor(server) as client:
        client.send(method + b" /healthz" + HOST + b"\r\n")
        status, headers, body = read_answer(client)
        assert (status, body) == ("HTTP/1.1 200 OK", OK)
        assert headers["content-type"] == "application/json"


def test_options_of_the_server_itself_are_none(server, monitor):
    with monitor(server) as client:
        client.send(b"OPTIONS *" + HOST + b"\r\n")
        status, headers, body = read_answer(client)
        assert (status, headers["content-length"], body) == ("HTTP/1.1 200 OK", "0", b"")


def test_only_options_may_ask_for_the_server_itself(server, monitor):
    with monitor(server) as client:
        client.send(b"GET *" + HOST + b"\r\n")
        status, headers, body = read_answer(client)
        assert (status, headers.get("connection"), body) == (
            "HTTP/1.1 400 Bad Request", "close", b"")


@pytest.mark.parametrize("target", [b"/a/../healthz", b"//healthz", b"a:1"])
def test_a_proxy_is_not_redirected(server, monitor, target):
    with monitor(server) as client:
        client.send(b"CONNECT " + target + HOST + b"\r\n")
        status, _, body = read_answer(client)
        assert (status, body) == ("HTTP/1.1 404 Not Found", b"404 page not found\n")


@pytest.mark.parametrize("path, status", [
    ("/healthz", 200), ("/varz", 200), ("/connz?limit=x", 400), ("/nope", 404)])
def test_head_gets_the_header_alone(server, ask, path, status):
    got, full = ask(server, path, "HEAD"), ask(server, path)
    assert (got.status, got.body, got.kind) == (status, b"", full.kind)


def test_head_does_not_upset_the_connection(server, monitor):
    with monitor(server) as client:
        client.send(b"HEAD /healthz" + HOST + b"\r\n" + GET + b"\r\n")
        first = client.read_until(b"\r\n\r\n")
        assert b"Content-Length: 15\r\n" in first
        assert read_answer(client)[2] == OK


@pytest.mark.parametrize("body", [
    b"Content-Length: 3\r\n\r\nabc", b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
    b"Transfer-Encoding: CHUNKED\r\n\r\n3;x=y\r\nabc\r\n0\r\nTrailer: v\r\n\r\n",
    b"Content-Length: 0\r\n\r\n", b"Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc",
    b"Content-Length: 100000\r\n\r\n" + b"x" * 100000])
def test_a_body_is_read_and_ignored(server, monitor, body):
    with monitor(server) as client:
        client.send(b"POST /healthz?details=1" + HOST + body + GET + b"\r\n")
        assert read_answer(client)[2] == OK
        assert read_answer(client)[2] == OK


def test_parameters_in_a_body_do_not_count(server, ask):
    got = ask(server, "/connz", "POST", "limit=3",
              **{"Content-Type": "application/x-www-form-urlencoded"})
    assert got.json["limit"] == 1024


def test_a_body_is_not_awaited_where_the_connection_ends_anyway(server, monitor):
    with monitor(server) as client:
        client.send(b"POST /healthz" + HOST + b"Content-Length: 5\r\nConnection: close\r\n\r\nab")
        assert read_answer(client)[2] == OK
        assert client.read_to_close() == b""


def test_a_body_that_was_not_asked_for_is_not_awaited(server, monitor):
    with monitor(server) as client:
        client.send(b"POST /healthz" + HOST + b"Expect: 100-continue\r\nContent-Length: 9\r\n\r\n")
        status, headers, body = read_answer(client)
        assert (status, headers["connection"], body) == ("HTTP/1.1 200 OK", "close", OK)


# ---- headers of an answer

def test_an_answer_is_dated(server, ask):
    date = ask(server, "/healthz").headers["Date"]
    assert re.fullmatch(r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d [A-Z][a-z]{2} \d{4}"
                        r" \d\d:\d\d:\d\d GMT", date)


def test_an_answer_names_no_software(server, ask):
    assert ask(server, "/healthz").headers["Server"] is None


def test_an_answer_is_not_compressed(server, ask):
    got = ask(server, "/varz", **{"Accept-Encoding": "gzip, deflate, br"})
    assert got.headers["Content-Encoding"] is None
    assert got.json["server_id"]


# ---- what is no request

REFUSED = [
    b"GARBAGE\r\n\r\n", b"GET\r\n\r\n", b"GET /healthz\r\n\r\n", b"\r\n" + GET + b"\r\n",
    b"GET  /healthz HTTP/1.1\r\nHost: x\r\n\r\n", b"G@T /healthz" + HOST + b"\r\n",
    b"GET healthz" + HOST + b"\r\n", b"GET /he%zz" + HOST + b"\r\n",
    b"GET /healthz HTTP/x.y\r\nHost: x\r\n\r\n", b"GET /healthz HTTP/1.1\r\n\r\n",
    GET + b"Host: y\r\n\r\n", GET + b"Bad Header: y\r\n\r\n", GET + b"X : y\r\n\r\n",
    GET + b": y\r\n\r\n", b"GET /healthz?a b" + HOST + b"\r\n", b"GET ?x" + HOST + b"\r\n",
    b"GET /healthz HTTP/1.10\r\nHost: x\r\n\r\n", b"GET /healthz http/1.1\r\nHost: x\r\n\r\n",
    b"GET /healthz HTTP/1.1 \r\nHost: x\r\n\r\n", GET + b"No colon\r\n\r\n",
    GET + b"Content-Length: x\r\n\r\n", GET + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nx",
]


@pytest.mark.parametrize("data", REFUSED)
def test_what_is_no_request_is_refused(server, monitor, data):
    with monitor(server) as client:
        client.send(data)
        answer = client.read_to_close()
        assert answer.startswith(b"HTTP/1.1 400 Bad Request")  # the reference may say more
        assert (b"\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n400 Bad "
                b"Request") in answer


@pytest.mark.parametrize("version", [b"2.0", b"0.9"])
def test_another_version_of_http_is_refused(server, monitor, version):
    with monitor(server) as client:
        client.send(b"GET /healthz HTTP/" + version + b"\r\nHost: x\r\n\r\n")
        assert re.match(rb"HTTP/1.1 (400|505) ", client.read_to_close())


def test_a_request_that_is_cut_short_is_refused(server, monitor):
    with monitor(server) as client:
        client.send(GET)
        client.sock.shutdown(socket.SHUT_WR)
        assert client.read_to_close().startswith(b"HTTP/1.1 400 Bad Request\r\n")


@pytest.mark.parametrize("value", [b"foo", b"identity", b"gzip, chunked", b"chunked, chunked"])
def test_an_encoding_nobody_knows_is_refused(server, monitor, value):
    with monitor(server) as client:
        client.send(GET + b"Transfer-Encoding: " + value + b"\r\n\r\n")
        client.expect(b"HTTP/1.1 501 Not Implemented\r\nContent-Type: text/plain; charset=utf-8"
                      b"\r\nConnection: close\r\n\r\nUnsupported transfer encoding")
        assert client.read_to_close() == b""


def test_an_expectation_nobody_knows_is_refused(server, monitor):
    with monitor(server) as client:
        client.send(GET + b"Expect: foo\r\n\r\n")
        status, headers, body = read_answer(client)
        assert (status, headers.get("connection"), body) == (
            "HTTP/1.1 417 Expectation Failed", "close", b"")
        assert client.read_to_close() == b""


@pytest.mark.parametrize("data", [
    b"GET /healthz?x=" + b"a" * 50_000 + HOST + b"\r\n",
    GET + b"X: " + b"a" * 50_000 + b"\r\n\r\n", GET + b"X" * 50_000 + b": a\r\n\r\n",
    GET + b"X: 1\r\n" * 8000 + b"\r\n"], ids=["target", "value", "name", "many"])
def test_a_header_may_be_long(start, monitor, data):
    server = start(LISTEN)
    with monitor(server) as client:
        client.send(data)
        assert read_answer(client)[2] == OK
    assert server.process.poll() is None


def test_a_header_may_not_be_endless(start, monitor):
    server = start(LISTEN)
    with monitor(server) as client:
        client.send(GET + b"X: 1\r\n" * 200_000 + b"\r\n")
        assert client.read_to_close().startswith(
            b"HTTP/1.1 431 Request Header Fields Too Large\r\n")
    assert server.get("/healthz")[0] == 200


def test_a_nats_client_at_the_wrong_port_is_refused(server, monitor):
    with monitor(server) as client:
        client.send(b'CONNECT {"verbose":false}\r\nPING\r\n\r\n')
        assert client.read_to_close().startswith(b"HTTP/1.1 400 Bad Request\r\n")
