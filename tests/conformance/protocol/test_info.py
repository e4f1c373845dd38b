"""INFO: when it comes, what stands in it, in which order.

Spec: client-protocol §3; checklist 1-3, 16, 17.
"""
import json
import re
import socket

import pytest

FIELDS = ["server_id", "server_name", "version", "proto", "go", "host", "port", "headers",
          "max_payload", "client_id", "client_ip", "api_lvl", "xkey"]
AFTER_PING = [*FIELDS[:-2], "connect_info", "remote_account", *FIELDS[-2:]]
LISTEN = "listen: 127.0.0.1:-1\n"


def keys(info: dict) -> list:
    """The fields in order, without the one that only builds of a repository have."""
    return [key for key in info if key != "git_commit"]


def test_info_comes_unasked_and_ends_with_a_space(server):
    with server.raw() as client:
        line = client.read_line()
    assert line.startswith(b'INFO {"server_id":"N')
    assert line.endswith(b'"} \r\n')
    assert b", " not in line and b": " not in line


def test_the_fields_stand_in_order(server):
    with server.raw() as client:
        info = client.read_info()
    assert keys(info) == FIELDS
    assert re.fullmatch(r"N[A-Z2-7]{55}", info["server_id"])
    assert info["server_name"] == info["server_id"]
    assert re.fullmatch(r"\d+\.\d+\.\d+(-\S+)?", info["version"])
    assert info["go"]
    assert re.fullmatch(r"X[A-Z2-7]{55}", info["xkey"])
    expected = {"proto": 1, "host": "127.0.0.1", "port": server.port, "headers": True,
                "max_payload": 1048576, "client_ip": "127.0.0.1", "api_lvl": 5}
    assert {key: info[key] for key in expected} == expected


def test_client_ids_only_grow(server):
    seen = []
    for _ in range(20):
        with server.raw() as client:
            seen.append(client.read_info()["client_id"])
    assert seen == sorted(set(seen))


def test_all_connections_see_the_same_server(server):
    with server.raw() as first, server.raw() as second:
        infos = [first.read_info(), second.read_info()]
    for info in infos:
        del info["client_id"]
    assert infos[0] == infos[1]


def test_each_start_has_an_identity_of_its_own(start):
    infos = []
    for _ in range(2):
        with start().raw() as client:
            infos.append(client.read_info())
    assert infos[0]["server_id"] != infos[1]["server_id"]
    assert infos[0]["xkey"] != infos[1]["xkey"]


def test_strings_are_escaped_as_go_does(start):
    server = start(LISTEN + 'server_name: "a<b>&c\\u00e9\\"\\\\"\n'.replace("\\u00e9", "é"))
    with server.raw() as client:
        line = client.read_line()
    assert r'"server_name":"a\u003cb\u003e\u0026c'.encode() + "é".encode() + rb'\"\\",' in line


def test_what_is_configured_shows(start):
    server = start(LISTEN + "server_name: gull\nmax_payload: 2048\n"
                            'client_advertise: "gannet.example:4333"\n')
    with server.raw() as client:
        info = client.read_info()
    assert keys(info) == FIELDS
    expected = {"server_name": "gull", "host": "gannet.example", "port": 4333, "max_payload": 2048}
    assert {key: info[key] for key in expected} == expected


def test_an_advertised_host_keeps_the_port(start):
    server = start(LISTEN + "client_advertise: gannet.example\n")
    with server.raw() as client:
        info = client.read_info()
    assert (info["host"], info["port"]) == ("gannet.example", server.port)


@pytest.mark.parametrize("settings", ["user: a, password: b", "token: t"])
def test_credentials_are_asked_for_without_a_nonce(start, settings):
    server = start(LISTEN + f"authorization {{ {settings} }}\n")
    with server.raw() as client:
        info = client.read_info()
    at = FIELDS.index("max_payload")
    assert keys(info) == [*FIELDS[:at], "auth_required", *FIELDS[at:]]
    assert info["auth_required"] is True


def test_an_ipv6_peer_stands_without_brackets(start):
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("no IPv6 here")
    server = start(args=["-a", "::1", "-p", "-1"])
    with server.raw() as client:
        info = client.read_info()
    assert (info["host"], info["client_ip"]) == ("::1", "::1")


# ---- the INFO after the first PING

def test_the_first_ping_after_connect_is_answered_by_pong_and_info_once(server):
    with server.raw() as client:
        first = client.read_info()
        client.send(b'CONNECT {"protocol":1}\r\nPING\r\n')
        client.expect(b"+OK\r\nPONG\r\n")
        second = client.read_info()
        client.expect_nothing()
    assert keys(second) == AFTER_PING
    assert (second["connect_info"], second["remote_account"]) == (True, "$G")
    assert {key: second[key] for key in first} == first


def test_that_info_ends_with_a_space_too(server):
    with server.raw() as client:
        client.read_info()
        client.send(b'CONNECT {"protocol":1,"verbose":false}\r\nPING\r\n')
        client.expect(b"PONG\r\n")
        assert client.read_line().endswith(b'"} \r\n')


def test_a_ping_before_connect_is_not_the_first(server):
    with server.raw() as client:
        client.read_info()
        client.send(b'PING\r\nCONNECT {"protocol":1,"verbose":false}\r\n')
        client.expect(b"PONG\r\n")
        client.send(b"PING\r\n")
        client.expect(b"PONG\r\n")
        assert client.read_info()["connect_info"] is True


@pytest.mark.parametrize("first", [0, 1])
def test_a_second_connect_brings_no_other_info(server, first):
    with server.connect(protocol=first) as client:
        client.connect(protocol=1)
        client.expect_nothing()


@pytest.mark.parametrize("connect", [b"CONNECT {}\r\n", b'CONNECT {"protocol":0}\r\n', b""])
def test_a_client_of_the_original_protocol_gets_one_info(talk, connect):
    assert b"INFO" not in talk(connect + b"PING\r\nPING\r\n")


def test_authentication_does_not_change_what_is_asked_for(start):
    server = start(LISTEN + "authorization { user: a, password: b }\n")
    with server.raw() as client:
        client.read_info()
        client.send(b'CONNECT {"protocol":1,"user":"a","pass":"b","verbose":false}\r\nPING\r\n')
        client.expect(b"PONG\r\n")
        info = client.read_info()
    assert info["auth_required"] is True
    assert info["remote_account"] == "$G"


def test_a_reload_changes_limits_and_address_without_info(start):
    config = LISTEN + "max_payload: {}\nclient_advertise: {}\n"
    server = start(config.format(1000, '"one:1"'))
    with server.connect(protocol=1) as client:
        server.reload(config.format(5, '"two:2"'))
        client.expect_nothing()
        with server.raw() as other:
            info = other.read_info()
        client.send(b"PUB a 6\r\n")
        assert client.read_to_close() == b"-ERR 'Maximum Payload Violation'\r\n"
    assert (info["host"], info["port"], info["max_payload"]) == ("two", 2, 5)


def test_info_is_one_json_object(server):
    with server.raw() as client:
        line = client.read_line()
    text = line.removeprefix(b"INFO ").removesuffix(b" \r\n").decode()
    assert json.dumps(json.loads(text), separators=(",", ":"), ensure_ascii=False) == text
