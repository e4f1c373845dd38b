"""CONNECT: what is accepted, what closes, and what a second one does.

Spec: client-protocol §2.1, §2.5, §2.6; checklist 4-12. Segmentation (7) is in test_split.py.
"""
import pytest

NOT_CONNECT_OPTIONS = [
    b"CONNECT\r\n", b"CONNECT \r\n", b"CONNECT {bad}\r\n", b"CONNECT {\r\n",
    b"CONNECT []\r\n", b"CONNECT 1\r\n", b'CONNECT ""\r\n', b"CONNECT true\r\n",
    b"CONNECT {} x\r\n", b'CONNECT {"verbose":false}{"x":1}\r\n', b'CONNECT {"verbose":false,}\r\n',
    b"CONNECT {'a':1}\r\n", b'CONNECT {"name":"a\tb"}\r\n', b"CONNECT \xef\xbb\xbf{}\r\n",
    b"CONNECTX {}\r\n", b"CONNECT {\rPING\r\n", b'CONNECT {"verbose":"x"}\r\n',
    b'CONNECT {"verbose":"true"}\r\n', b'CONNECT {"verbose":0}\r\n',
    b'CONNECT {"protocol":1.5}\r\n',
    b'CONNECT {"protocol":1.0}\r\n', b'CONNECT {"protocol":1e0}\r\n',
    b'CONNECT {"protocol":"1"}\r\n', b'CONNECT {"protocol":99999999999999999999}\r\n',
    b'CONNECT {"user":1}\r\n', b'CONNECT {"name":["a"]}\r\n', b'CONNECT {"import":1}\r\n',
    b'CONNECT {"headers":"yes"}\r\n', b'CONNECT {"echo":1}\r\n', b'CONNECT {"x":01}\r\n',
]

# CONNECT, and what comes before the PONG of a PING after it.
ACCEPTED = [
    (b"CONNECT {}\r\n", b"+OK\r\n"),
    (b'CONNECT {"verbose":false}\r\n', b""),
    (b'CONNECT{"verbose":true}\r\n', b"+OK\r\n"),
    (b'CONNECT{"verbose":false}\n', b""),
    (b"CONNECT\t{}\r\n", b"+OK\r\n"),
    (b"CONNECT \t {} \t\r\n", b"+OK\r\n"),
    (b"connect {}\r\n", b"+OK\r\n"),
    (b"cOnNeCt {}\r\n", b"+OK\r\n"),
    (b"CONNECT null\r\n", b"+OK\r\n"),
    (b'CONNECT {"verbose":null}\r\n', b"+OK\r\n"),
    (b'CONNECT {"name":null,"protocol":null}\r\n', b"+OK\r\n"),
    (b'CONNECT {"x":{"y":[1,2,{"z":null}]}}\r\n', b"+OK\r\n"),
    (b'CONNECT {"VERBOSE":false}\r\n', b""),
    (b'CONNECT {"vErBoSe":false,"nAme":"x"}\r\n', b""),
    (b'CONNECT {"ver\\u0062ose":false}\r\n', b""),
    (b'CONNECT {"verbose":false,"Verbose":true}\r\n', b"+OK\r\n"),
    (b'CONNECT {"verbose":true,"verbose":false}\r\n', b""),
    (b'CONNECT {"name":"\xff"}\r\n', b"+OK\r\n"),
    (b'CONNECT {"import":{"allow":["a"]},"export":{"a":1}}\r\n', b"+OK\r\n"),
    (b'CONNECT {"remote_account":"x"}\r\n', b"+OK\r\n"),
    (b'CONNECT {"tls_required":true}\r\n', b"+OK\r\n"),
    (b'CONNECT {"jwt":"x","nkey":"y","sig":"z","proxy_sig":"p"}\r\n', b"+OK\r\n"),
    (b'CONNECT {"user":"a","pass":"b","auth_token":"c"}\r\n', b"+OK\r\n"),
    (b'CONNECT {"account":"","new_account":false}\r\n', b"+OK\r\n"),
    (b'CONNECT {"headers":true,"no_responders":true}\r\n', b"+OK\r\n"),
    (b'CONNECT {"protocol":0}\r\n', b"+OK\r\n"),
    (b"CONNECT {}\r\n" * 3, b"+OK\r\n" * 3),
]

REFUSED = [
    (b'{"protocol":2}', b"invalid client protocol", "Bad Client Protocol Version"),
    (b'{"protocol":-1}', b"invalid client protocol", "Bad Client Protocol Version"),
    (b'{"no_responders":true}', b"no responders requires headers support",
     "No Responders Requires Headers"),
    (b'{"no_responders":true,"headers":false}', b"no responders requires headers support",
     "No Responders Requires Headers"),
    (b'{"account":"x"}', b"Authorization Violation", "Authentication Failure"),
    (b'{"new_account":true}', b"Authorization Violation", "Authentication Failure"),
    (b'{"account":"x","protocol":2,"no_responders":true}', b"Authorization Violation",
     "Authentication Failure"),
    (b'{"protocol":2,"no_responders":true}', b"invalid client protocol",
     "Bad Client Protocol Version"),
]


def test_a_client_need_not_connect_and_is_verbose_then(talk):
    assert talk(b"") == b""
    assert talk(b"SUB a 1\r\n") == b"+OK\r\n"
    assert talk(b"SUB a 1\r\nPUB a 2\r\nok\r\n") == b"+OK\r\n+OK\r\nMSG a 1 2\r\nok\r\n"
    assert talk(b"PUB a.* 0\r\n\r\n") == b"-ERR 'Invalid Publish Subject'\r\n+OK\r\n"


@pytest.mark.parametrize("connect", NOT_CONNECT_OPTIONS)
def test_an_unreadable_connect_closes_without_a_word(server, close_reason, connect):
    with server.raw() as client:
        cid = client.read_info()["client_id"]
        client.send(connect)
        assert client.read_to_close() == b""
    assert close_reason(server, cid) == "Protocol Violation"


@pytest.mark.parametrize("connect, answer", ACCEPTED)
def test_connect_is_read_as_go_reads_json(talk, connect, answer):
    assert talk(connect) == answer


@pytest.mark.parametrize("options, text, reason", REFUSED)
def test_a_connect_the_server_cannot_serve_is_refused(server, close_reason, options, text, reason):
    with server.raw() as client:
        cid = client.read_info()["client_id"]
        client.send(b"CONNECT " + options + b"\r\nPING\r\n")
        assert client.read_to_close() == b"-ERR '" + text + b"'\r\n"
    assert close_reason(server, cid) == reason


def test_the_client_library_shows_in_monitoring(server, connection):
    with server.connect(name="the <gull>", lang="python", version="1.2") as client:
        shown = connection(server, client.info["client_id"])
    assert (shown["name"], shown["lang"], shown["version"]) == ("the <gull>", "python", "1.2")


# ---- a second CONNECT

def test_it_drops_the_subscriptions_and_frees_their_sids(server):
    with server.connect() as client:
        client.send(b"SUB again.a 1\r\nSUB again.b 2\r\n")
        client.connect()
        client.send(b"PUB again.a 0\r\n\r\nPUB again.b 0\r\n\r\n")
        client.expect_nothing()
        client.send(b"SUB again.b 1\r\nPUB again.a 0\r\n\r\nPUB again.b 1\r\nx\r\n")
        client.expect(b"MSG again.b 1 1\r\nx\r\n")
        client.expect_nothing()


def test_what_it_leaves_out_stays(server):
    with server.connect(echo=False, verbose=False) as client:
        client.send(b"CONNECT {}\r\nSUB stays 1\r\nPUB stays 0\r\n\r\n")
        client.expect_nothing()
        client.send(b'CONNECT {"echo":true}\r\nSUB stays 1\r\nPUB stays 0\r\n\r\n')
        client.expect(b"MSG stays 1 0\r\n\r\n")


def test_it_can_turn_headers_off(exchange):
    data = b'CONNECT {"verbose":false,"headers":true}\r\nCONNECT {"headers":false}\r\n'
    assert exchange(data + b"HPUB a 0 0\r\n\r\n") == b""


@pytest.mark.parametrize("options, text", [(b'{"protocol":2}', b"invalid client protocol"),
                                           (b'{"account":"x"}', b"Authorization Violation")])
def test_it_can_be_refused(exchange, options, text):
    first = b'CONNECT {"verbose":false}\r\nCONNECT '
    assert exchange(first + options + b"\r\n") == b"-ERR '" + text + b"'\r\n"


def test_operations_sent_with_it_are_served_in_order(talk):
    data = b"CONNECT {}\r\nSUB a 1\r\nPUB a 1\r\nx\r\nUNSUB 1\r\n"
    assert talk(data) == b"+OK\r\n+OK\r\n+OK\r\nMSG a 1 1\r\nx\r\n+OK\r\n"
