"""Which paths the monitoring port serves, as what, and how it counts them.

Spec: monitoring §1.2, §1.3, §1.5; checklist 1-9, 12, 13.
"""
import json
import re
import socket

import pytest

LISTEN = "listen: 127.0.0.1:-1\nhttp: 127.0.0.1:-1\n"
ENDPOINTS = ["/varz", "/jsz", "/connz", "/accountz", "/accstatz", "/subsz", "/subscriptionsz",
             "/routez", "/leafz", "/gatewayz", "/ipqueuesz", "/healthz"]
INDENTS = {"/healthz": None, "/ipqueuesz": 3}  # the others have two blanks
TEXT = "text/plain; charset=utf-8"


def check_document(got):
    assert got.status == 200, got.body
    assert got.kind == "application/json"
    assert got.headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize("path", ENDPOINTS)
def test_a_document_is_json_for_everyone(server, ask, path):
    got = ask(server, path)
    check_document(got)
    indent = INDENTS.get(path, 2)
    separators = (",", ": " if indent else ":")
    text = json.dumps(got.json, indent=indent, separators=separators, ensure_ascii=False)
    assert got.body.decode() == text.replace("<", "\\u003c")


def test_without_raft_there_are_no_groups(server, ask):
    got = ask(server, "/raftz")
    assert (got.status, got.kind) == (404, TEXT)
    assert got.body == b"No Raft nodes registered"


@pytest.mark.parametrize("path", ENDPOINTS)
def test_there_is_no_padding_for_scripts(server, ask, path):
    got = ask(server, path + "?callback=jQuery123")
    check_document(got)
    assert got.body.startswith(b"{")


def test_vars_of_the_process_are_json(server, ask):
    got = ask(server, "/debug/vars")
    assert (got.status, got.kind) == (200, "application/json; charset=utf-8")
    assert isinstance(got.json["cmdline"], list)
    assert got.json["cmdline"][0].endswith("nats-server")


UNKNOWN = ["/nope", "/varz/", "/varz/x", "/VARZ", "/expvarz", "/profilez", "/statsz", "/index.html",
           "/favicon.ico", "/connz%20", "/debug", "/%2e%2e/healthz", "/a%2F..%2Fhealthz"]


@pytest.mark.parametrize("path", UNKNOWN)
def test_other_paths_are_not_found(server, ask, path):
    got = ask(server, path)
    assert (got.status, got.kind, got.body) == (404, TEXT, b"404 page not found\n")
    assert got.headers["X-Content-Type-Options"] == "nosniff"
    assert got.headers["Access-Control-Allow-Origin"] is None


@pytest.mark.parametrize("target, location", [
    ("//healthz", "/healthz"), ("/a/../healthz?x=1", "/healthz?x=1"), ("/./varz", "/varz"),
    ("/varz//", "/varz/"), ("/..", "/"), ("/a//b/./c/../d", "/a/b/d")])
def test_a_path_that_is_not_clean_is_redirected(server, ask, target, location):
    got = ask(server, target)
    assert (got.status, got.headers["Location"]) == (307, location)
    assert got.body.decode() == f'<a href="{location}">Temporary Redirect</a>.\n\n'
    assert got.kind == "text/html; charset=utf-8"


def test_a_redirect_tells_only_readers_of_pages_in_words(server, ask):
    got = ask(server, "//healthz", "POST")
    assert (got.status, got.headers["Location"], got.body) == (307, "/healthz", b"")


@pytest.mark.parametrize("path", ["/health%7A", "/%68ealthz", "http://x/healthz",
                                  "http://x:1/healthz?details=0"])
def test_a_path_may_be_written_in_other_ways(server, ask, path):
    assert ask(server, path).body == b'{"status":"ok"}'


# ---- parameters

def test_parameters_are_decoded(server, ask):
    for query in ("subs=%31&limit=%37", "sub%73=1&limit=7", "&&subs=1&&limit=7&", "limit=7&subs=1"):
        got = ask(server, "/subsz?" + query).json
        assert got["limit"] == 7, query


@pytest.mark.parametrize("query", ["LIMIT=7", "limit=", "limit", "", "lim%zzit=7", "limit=7;x=1",
                                   "limit=%zz", "foo=bar", "limit=0", "limit=-3"])
def test_what_is_no_parameter_is_ignored(server, ask, query):
    assert ask(server, "/connz?" + query).json["limit"] == 1024


def test_the_first_of_two_counts(server, ask):
    assert ask(server, "/connz?limit=7&limit=x").json["limit"] == 7


BOOLEANS = {"1": 200, "t": 200, "T": 200, "true": 200, "TRUE": 200, "True": 200, "0": 200,
            "f": 200, "F": 200, "false": 200, "FALSE": 200, "False": 200, "": 200, "yes": 400,
            "2": 400, "tRue": 400, "on": 400, "%201": 400, "1+": 400}


@pytest.mark.parametrize("path", ["/connz?auth=", "/connz?subs=", "/subsz?subs=",
                                  "/healthz?details=", "/healthz?js-enabled=",
                                  "/healthz?js-enabled-only=", "/healthz?js-server-only=",
                                  "/healthz?js-meta-only=", "/jsz?accounts=", "/jsz?raft=",
                                  "/accstatz?unused=", "/routez?subs=", "/leafz?subs=",
                                  "/gatewayz?accs=", "/gatewayz?subs=", "/ipqueuesz?all="])
def test_booleans_are_those_of_go(server, ask, path):
    assert {value: ask(server, path + value).status for value in BOOLEANS} == BOOLEANS


INT = "Error decoding int for '{}': strconv.Atoi: parsing {}"
UINT = "Error decoding uint64 for '{}': strconv.ParseUint: parsing {}"
BAD_QUERIES = [
    ("/connz?auth=xxx", "Error decoding boolean for 'auth': strconv.ParseBool: parsing \"xxx\""),
    ("/connz?subs=xxx", "Error decoding boolean for 'subs': strconv.ParseBool: parsing \"xxx\""),
    ("/subsz?subs=detail", "Error decoding boolean for 'subs': strconv.ParseBool: parsing"
                           " \"detail\""),
    ("/healthz?details=%22", "Error decoding boolean for 'details': strconv.ParseBool: parsing"
                             " \"\\\"\""),
    ("/connz?offset=xxx", INT.format("offset", '"xxx"')),
    ("/connz?limit=1.5", INT.format("limit", '"1.5"')),
    ("/connz?limit=%C3%A9%0A", INT.format("limit", '"é\\n"')),
    ("/subsz?offset=1_0", INT.format("offset", '"1_0"')),
    ("/subsz?limit=0x10", INT.format("limit", '"0x10"')),
    ("/connz?cid=xxx", UINT.format("cid", '"xxx"')), ("/connz?cid=-1", UINT.format("cid", '"-1"')),
    ("/connz?cid=%2B1", UINT.format("cid", '"+1"')),
]


@pytest.mark.parametrize("path, text", BAD_QUERIES)
def test_a_value_that_cannot_be_read_is_an_error(server, ask, path, text):
    got = ask(server, path)
    assert (got.status, got.kind) == (400, TEXT)
    assert got.body.decode() == text + ": invalid syntax"
    assert got.headers["Access-Control-Allow-Origin"] is None


@pytest.mark.parametrize("path, text", [
    ("/connz?limit=9223372036854775808", INT.format("limit", '"9223372036854775808"')),
    ("/connz?offset=-9223372036854775809", INT.format("offset", '"-9223372036854775809"')),
    ("/connz?cid=18446744073709551616", UINT.format("cid", '"18446744073709551616"'))])
def test_so_is_a_number_out_of_range(server, ask, path, text):
    got = ask(server, path)
    assert (got.status, got.body.decode()) == (400, text + ": value out of range")


# ---- the root page

LINKS = ["varz", "jsz", "connz", "accountz", "accstatz", "subsz", "routez", "leafz", "gatewayz",
         "raftz", "healthz", "debug/vars"]


def links(page: str) -> list:
    return re.findall(r'<a href="?\./([^ ">]*)', page)


def test_the_root_page_leads_to_all_others(server, ask):
    got = ask(server, "/")
    assert (got.status, got.kind) == (200, "text/html; charset=utf-8")
    assert got.headers["Access-Control-Allow-Origin"] is None
    page = got.body.decode("ascii")
    assert set(LINKS) <= set(links(page))
    assert [ask(server, "/" + path).status for path in links(page) if path != "raftz"] == (
        [200] * len([path for path in links(page) if path != "raftz"]))
    assert f"v{server.json('/varz')['version']}" in page
    assert "https://docs.nats.io/running-a-nats-service/nats_admin/monitoring" in page


# ---- the base path

@pytest.mark.parametrize("given, base", [
    ("/nats", "/nats"), ("nats/", "/nats"), ("//a//b/../c/.", "/a/c"),
    ("/", ""), (".", "")])
def test_all_paths_stand_below_the_base(start, ask, given, base):
    server = start(LISTEN + f'http_base_path: "{given}"\n')
    page = ask(server, base or "/")
    assert (page.status, page.kind) == (200, "text/html; charset=utf-8")
    assert f"{base}/varz".lstrip("/") in links(page.body.decode())
    for path in ENDPOINTS:
        check_document(ask(server, base + path))
    assert ask(server, base + "/raftz").body == b"No Raft nodes registered"
    if base:
        for path in ("/", "/varz", base + "/", base + "/nope"):
            assert ask(server, path).status == 404, path
    assert server.json(base + "/varz")["http_base_path"] == given


# ---- counting

def test_requests_are_counted(start, ask):
    server = start(LISTEN)
    assert server.json("/varz")["http_req_stats"] == {"/varz": 1}
    for path in ("/", "/", "/connz", "/connz?subs=1&limit=3", "/connz?limit=x", "/connz?sort=foo",
                 "/subsz", "/subscriptionsz", "/subsz?limit=x", "/healthz", "/healthz?details=x",
                 "/nope", "/debug/vars", "//varz", "/varz/", "/ipqueuesz", "/raftz",
                 "/jsz", "/jsz?limit=x", "/jsz?leader-only=1", "/accountz", "/accountz?acc=X",
                 "/accstatz", "/accstatz?unused=x", "/routez", "/routez?subs=x", "/leafz",
                 "/leafz?subs=x", "/gatewayz", "/gatewayz?accs=x"):
        ask(server, path)
    ask(server, "/healthz", "HEAD")
    varz = server.json("/varz")
    assert varz["http_req_stats"] == {
        "/": 2, "/accountz": 2, "/accstatz": 2, "/connz": 3, "/gatewayz": 2, "/healthz": 3,
        "/jsz": 3, "/leafz": 2, "/routez": 1, "/subsz": 3, "/varz": 2}
    assert list(varz["http_req_stats"]) == sorted(varz["http_req_stats"])


def test_with_a_base_path_the_names_are_the_same(start, ask):
    server = start(LISTEN + "http_base_path: base\n")
    ask(server, "/base")
    assert server.json("/base/varz")["http_req_stats"] == {"/": 1, "/varz": 1}


# ---- the listener

def test_without_a_port_nothing_listens(start):
    server = start("listen: 127.0.0.1:-1\n")
    assert "monitor" not in server.log()


def test_a_port_in_use_is_an_error(start):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        server = start(f"listen: 127.0.0.1:-1\nhttp: 127.0.0.1:{port}\n", wait=False)
        assert server.wait_exit() == 1
    assert ("Can't start monitoring: can't listen to the monitor port:"
            f" listen tcp 127.0.0.1:{port}: bind: address already in use\n") in server.log()


@pytest.mark.parametrize("host, shown", [("127.0.0.1", "127.0.0.1"), ("0.0.0.0", "0.0.0.0"),
                                         ("localhost", "localhost"), ("[::1]", "[::1]")])
def test_it_listens_where_it_is_told(start, host, shown):
    server = start(f"listen: 127.0.0.1:-1\nhttp: '{host}:-1'\n")
    line = server.wait_log(re.compile(r"\[INF\] Starting http monitor on (\S+):(\d+)\n"))
    assert line[1] == shown
    with socket.create_connection((host.strip("[]"), int(line[2])), timeout=server.timeout) as sock:
        sock.sendall(b"GET /healthz HTTP/1.0\r\n\r\n")
        assert sock.recv(100).startswith(b"HTTP/1.0 200 OK\r\n")
