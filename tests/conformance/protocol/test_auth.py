"""The gate before CONNECT: one user, or a token.

Spec: client-protocol §2.5, §2.6; checklist 13, 14. Several users come with accounts.
"""
import time

import pytest

LISTEN = "listen: 127.0.0.1:-1\nhttp: 127.0.0.1:-1\n"
USER = "authorization { user: a, password: b }\n"
TOKEN = "authorization { token: t }\n"
OF_B = '"$2a$04$abcdefghijklmnopqrstuu12f.Pu8ic0A965BfTwGcW6x7Xin9Xgu"'  # bcrypt of "b"
HASHED_USER = f"authorization {{ user: a, password: {OF_B} }}\n"
HASHED_TOKEN = f"authorization {{ token: {OF_B} }}\n"
VIOLATION = b"-ERR 'Authorization Violation'\r\n"
TIMEOUT = b"-ERR 'Authentication Timeout'\r\n"


@pytest.mark.parametrize("config, options, ok", [
    (USER, {"user": "a", "pass": "b"}, True),
    (USER, {"user": "a", "pass": "b", "auth_token": "x"}, True),
    (USER, {"user": "a", "pass": "x"}, False),
    (USER, {"user": "a", "pass": ""}, False),
    (USER, {"user": "a"}, False),
    (USER, {"user": "A", "pass": "b"}, False),
    (USER, {"user": "x", "pass": "b"}, False),
    (USER, {"pass": "b"}, False),
    (USER, {"auth_token": "b"}, False),
    (USER, {}, False),
    (TOKEN, {"auth_token": "t"}, True),
    (TOKEN, {"auth_token": "t", "user": "x", "pass": "y"}, True),
    (TOKEN, {"auth_token": "T"}, False),
    (TOKEN, {"auth_token": ""}, False),
    (TOKEN, {"user": "t"}, False),
    (TOKEN, {"user": "x", "pass": "t"}, False),
    (TOKEN, {}, False),
    (HASHED_USER, {"user": "a", "pass": "b"}, True),
    (HASHED_USER, {"user": "a", "pass": "c"}, False),
    (HASHED_USER, {"user": "a", "pass": OF_B.strip('"')}, False),
    (HASHED_TOKEN, {"auth_token": "b"}, True),
    (HASHED_TOKEN, {"auth_token": "c"}, False),
])
def test_only_the_right_credentials_come_in(start, close_reason, config, options, ok):
    server = start(LISTEN + config)
    with server.raw() as client:
        cid = client.read_info()["client_id"]
        client.connect(**options)
        if ok:
            client.expect_nothing()
            return
        assert client.read_to_close() == VIOLATION
    assert close_reason(server, cid) == "Authentication Failure"


HASH = "$2a$04$abcdefghijklmnopqrstuu35fBIWlNgF8BcAW/t2cO158N8svSFHy"  # bcrypt of "s3cr3t"
LONG = "$2a$04$abcdefghijklmnopqrstuubzadhGtS2zEF.gu0yd0opP6cVzb.e0i"  # bcrypt of 72 x
EIGHT_BIT = "$2x$04$abcdefghijklmnopqrstuupbTYcnxA/97XWTNCVRF4vpn27Txw6l6"  # bcrypt of "ÿ£"


HASHES = [  # what is configured, what comes in if anything does, and what does not
    ("$2a$secret", "$2a$secret", "secret"),  # plain: there is no cost
    ("$2a$0x$abc", "$2a$0x$abc", "abc"), ("$2b$10", "$2b$10", ""), ("$2y$", "$2y$", ""),
    ("$2c$10$x", "$2c$10$x", "x"), ("$2$10$x", "$2$10$x", "x"), ("x" + HASH, "x" + HASH, "s3cr3t"),
    ("$2a$10$", None, "$2a$10$"), (HASH[:-1], None, "s3cr3t"), (HASH[:-1], None, HASH[:-1]),
    (HASH.replace("$04", "$03"), None, "s3cr3t"), (HASH.replace("c", "!"), None, "s3cr3t"),
    (HASH + "x", "s3cr3t", HASH + "x"), (HASH + " " * 40, "s3cr3t", "x"),
    (HASH[:28] + "v" + HASH[29:], "s3cr3t", "s3cr3"),  # v stands for u: the salt has bits to spare
    (HASH.replace("$2a", "$2x"), "s3cr3t", "x"), (EIGHT_BIT, "ÿ£", "ÿ"),
    (LONG, "x" * 72, "x" * 71), (LONG, "x" * 2000, "x" * 70),
]


@pytest.mark.parametrize("secret, right, wrong", HASHES, ids=range(len(HASHES)))
@pytest.mark.parametrize("block, option", [("user: a, password", "pass"), ("token", "auth_token")])
def test_a_bcrypt_hash_is_what_the_reference_takes_for_one(
        start, block, option, secret, right, wrong):
    server = start(LISTEN + f'authorization {{ {block}: "{secret}" }}\n')
    for given, ok in ((right, True), (wrong, False)):
        if given is None:
            continue
        with server.raw() as client:
            client.read_info()
            client.connect(**{"user": "a", option: given})
            if ok:
                client.expect_nothing()
            else:
                assert client.read_to_close() == VIOLATION


@pytest.mark.parametrize("config", [USER, TOKEN])
def test_the_first_operation_must_be_connect(start, close_reason, config):
    server = start(LISTEN + config)
    for operation in (b"PING\r\n", b"PONG\r\n", b"SUB a 1\r\n", b"PUB a 0\r\n\r\n", b"+OK\r\n",
                      b"-ERR x\r\n", b"INFO {}\r\n", b"X", b" CONNECT {}\r\n", b"\r\n", b"p"):
        with server.raw() as client:
            cid = client.read_info()["client_id"]
            client.send(operation)
            assert client.read_to_close() == VIOLATION, operation
        assert close_reason(server, cid) == "Authentication Failure"


@pytest.mark.parametrize("operation, answer", [
    (b"CX", b"-ERR 'Unknown Protocol Operation'\r\n"), (b"CONNECT {bad}\r\n", b""),
    (b'CONNECT {"user":"a","pass":"b","account":"x"}\r\n', VIOLATION),
    (b'CONNECT {"user":"a","pass":"b","protocol":2}\r\n', b"-ERR 'invalid client protocol'\r\n"),
    (b'CONNECT {"user":"a","pass":"x","protocol":2}\r\n', VIOLATION),
    (b"CONNECT " + b"x" * 5000, b"-ERR 'maximum control line exceeded'\r\n")])
def test_a_connect_that_fails_otherwise_says_so(start, operation, answer):
    with start(LISTEN + USER).raw() as client:
        client.read_info()
        client.send(operation)
        assert client.read_to_close() == answer


def test_what_was_sent_before_connect_is_not_served(start):
    server = start(LISTEN + USER)
    with server.raw() as client:
        client.read_info()
        client.send(b'PING\r\nCONNECT {"user":"a","pass":"b"}\r\nPING\r\n')
        assert client.read_to_close() == VIOLATION


def test_connect_and_more_in_one_segment_is_served(start):
    with start(LISTEN + USER).raw() as client:
        client.read_info()
        client.send(b'connect {"user":"a","pass":"b"}\r\nSUB a 1\r\nPUB a 0\r\n\r\nPING\r\n')
        client.expect(b"+OK\r\n+OK\r\n+OK\r\nMSG a 1 0\r\n\r\nPONG\r\n")


def test_a_second_connect_authenticates_anew(start):
    server = start(LISTEN + USER)
    with server.raw() as client:
        client.read_info()
        client.send(b'CONNECT {"user":"a","pass":"b"}\r\nCONNECT {"pass":"x"}\r\n')
        assert client.read_to_close() == b"+OK\r\n" + VIOLATION
    with server.raw() as client:
        client.read_info()
        client.send(b'CONNECT {"user":"a","pass":"b"}\r\nCONNECT {"name":"x"}\r\n')
        client.expect(b"+OK\r\n+OK\r\n")


# ---- the time there is for it

@pytest.mark.parametrize("sent", [b"", b"C", b'CONNECT {"user":"a","pass":"b"}'])
def test_who_does_not_connect_in_time_is_told_and_closed(start, close_reason, sent):
    server = start(LISTEN + USER.replace("}", ", timeout: 0.3 }"))
    with server.raw() as client:
        cid = client.read_info()["client_id"]
        since = time.monotonic()
        client.send(sent)
        assert client.read_to_close() == TIMEOUT
        assert 0.25 <= time.monotonic() - since
    assert close_reason(server, cid) == "Authentication Timeout"


def test_the_default_is_two_seconds(start):
    with start(LISTEN + TOKEN).raw() as client:
        client.read_info()
        since = time.monotonic()
        assert client.read_to_close() == TIMEOUT
        assert 1.9 <= time.monotonic() - since < 4


def test_with_tls_it_is_one_second_more_than_the_handshake_may_take(start, trust, tls_block):
    with start(LISTEN + TOKEN + tls_block("timeout: 1.2")).raw() as client:
        client.read_info()
        client.start_tls(trust())
        since = time.monotonic()
        assert client.read_to_close() == TIMEOUT
        assert 2.1 <= time.monotonic() - since < 4


def test_who_has_connected_is_left_alone(start):
    server = start(LISTEN + USER.replace("}", ", timeout: 0.2 }"))
    with server.connect(user="a", **{"pass": "b"}) as client, server.raw() as late:
        late.read_info()
        assert late.read_to_close() == TIMEOUT
        client.expect_nothing()


def test_without_credentials_to_check_silence_is_allowed(start):
    server = start(LISTEN + "authorization { timeout: 0.1 }\n")
    with server.raw() as client, server.raw() as other:
        client.read_info()
        since = time.monotonic()
        server.wait_for(lambda: time.monotonic() - since > 0.4, "four times the limit")
        client.expect_nothing()
        other.read_info()
        other.expect_nothing()


# ---- what the log says

@pytest.mark.parametrize("config, sent, logged", [
    (USER, b'CONNECT {"user":"a","pass":"secret"}\r\n', 'authentication error - User "a"'),
    (USER, b'CONNECT {"user":"z\\"","auth_token":"secret"}\r\n',
     'authentication error - User "z\\""'),
    (USER, b"CONNECT {}\r\n", "authentication error"),
    (USER, b"PING\r\n", "authentication error"),
    (TOKEN, b'CONNECT {"auth_token":"secret"}\r\n', 'authentication error - Token "[REDACTED]"'),
    (TOKEN, b'CONNECT {"user":"a","pass":"secret"}\r\n', 'authentication error - User "a"')])
def test_a_failure_stands_in_the_log_without_secrets(start, config, sent, logged):
    server = start(LISTEN + config, args=["-DV"])
    with server.raw() as client:
        cid = client.read_info()["client_id"]
        client.send(sent)
        client.read_to_close()
        who = f"127.0.0.1:{client.sock.getsockname()[1]} - cid:{cid}"
    server.wait_log(f"[ERR] {who} - {logged}\n")
    server.wait_log(f"[TRC] {who} - ->> [-ERR Authorization Violation]\n")
    server.wait_log(f"[DBG] {who} - Client connection closed: Authentication Failure\n")
    assert "secret" not in server.log()


@pytest.mark.parametrize("config, options, label", [
    (USER, {"user": "a", "pass": "b"}, "$G/user:a"), (TOKEN, {"auth_token": "t"}, "$G/token")])
def test_the_log_says_who_a_connection_is(start, config, options, label):
    server = start(LISTEN + config, args=["-DV"])
    with server.raw() as client:
        cid = client.read_info()["client_id"]
        client.connect(**options)
        client.ping()
        server.wait_log(f' - cid:{cid} - "{label}" - <<- [PING]\n')


# ---- a reload that asks for more

@pytest.mark.parametrize("config", [USER, TOKEN])
@pytest.mark.parametrize("connected", [True, False])
def test_who_has_no_credentials_then_is_told_and_closed(start, close_reason, config, connected):
    server = start(LISTEN)
    with server.raw() as client:
        cid = client.read_info()["client_id"]
        if connected:
            client.connect()
        client.ping()
        server.reload(LISTEN + config)
        assert client.read_to_close() == VIOLATION
    assert close_reason(server, cid) == "Authentication Failure"


def test_who_has_the_token_stays(start):
    server = start(LISTEN + TOKEN)
    with server.connect(auth_token="t") as client:
        client.send(b"SUB a 1\r\n")
        client.ping()
        server.reload(LISTEN + "max_payload: 100\n" + TOKEN)
        client.send(b"PUB a 0\r\n\r\n")
        client.expect(b"MSG a 1 0\r\n\r\n")
        server.reload(LISTEN + TOKEN.replace("t }", "other }"))
        assert client.read_to_close() == VIOLATION
