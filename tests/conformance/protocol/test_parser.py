"""The parser: verbs, separators, sizes, limits, and how malformed operations end.

Spec: client-protocol §4; checklist 26-34, 36, 37. Segmentation (35) is in test_split.py.
"""
import pytest

HEADERS = b'CONNECT {"verbose":false,"pedantic":false,"headers":true}\r\n'
UNKNOWN = b"-ERR 'Unknown Protocol Operation'\r\n"
TOO_LONG = b"-ERR 'maximum control line exceeded'\r\n"
TOO_BIG = b"-ERR 'Maximum Payload Violation'\r\n"

# What is sent, and what comes before the PONG of a PING after it.
ACCEPTED = [
    (b"PONG\r\n", b""),
    (b"pongxx yy\n", b""),
    (b"+OK\r\n", b""),
    (b"+ok junk\n", b""),
    (b"+OK" + b"x" * 9000 + b"\r\n", b""),
    (b"INFO {}\r\n", b""),
    (b"INFO{}\r\n", b""),
    (b"INFO null\r\n", b""),
    (b'info {"server_id":"x","port":1}\n', b""),
    (b"PUB foo 2\nok\r\n", b"+OK\r\n"),
    (b"PUB\tfoo\t2\r\nok\r\n", b"+OK\r\n"),
    (b"PUB  foo \t 2 \t\r\nok\r\n", b"+OK\r\n"),
    (b"pub foo 0\r\n\r\n", b"+OK\r\n"),
    (b"PUB foo 000000002\r\nok\r\n", b"+OK\r\n"),
    (b"SUB\tfoo\t1\r\n", b"+OK\r\n"),
    (b"SUB foo q 1\n", b"+OK\r\n"),
    (b"sUb  foo  \t 1  \r\n", b"+OK\r\n"),
    (b"UNSUB\t77\r\n", b"+OK\r\n"),
    (b"unsub 77 5\n", b"+OK\r\n"),
    (b"UNSUB 77 x\r\n", b"+OK\r\n"),
    (b"CONNECT {}\r\n", b"+OK\r\n"),
    (HEADERS + b"HPUB\tfoo\t0\t0\r\n\r\n", b""),
    (HEADERS + b"hpub foo 12 12\nNATS/1.0\r\n\r\n\r\n", b""),
    (HEADERS + b"HPUB foo 2 2\r\nok\r\n", b""),
]

# Closed after `Unknown Protocol Operation`.
UNKNOWN_OPERATIONS = [
    b" PING\r\n", b"\r\nPING\r\n", b"\nPING\r\n", b"\tPING\r\n", b"PI\r\n", b"PIN\r\n", b"PO\r\n",
    b"PX", b"X", b"\x00", b"\xef\xbb\xbfPING\r\n", b"GET / HTTP/1.1\r\n", b"IN\r\n", b"CONN\r\n",
    b"+X\r\n", b"-X\r\n", b"-ERR\r\n", b"PUBfoo 2\r\nok\r\n", b"HPUBfoo 1 1\r\n", b"SUBfoo 1\r\n",
    b"UNSUB1\r\n", b"PUB\r\n", b"HPUB\r\n", b"SUB\r\n", b"UNSUB\r\n", b"PUB\n", b"SUB\n",
    b"UNSUB\n",
    b"MSG foo 1 2\r\nok\r\n", b"M", b"R", b"L", b"A", b"HX", b"HMSG foo 1 2 3\r\n", b"HMSG\r\n",
    b"HMSG \r\n", b"HM\r\n", b"RMSG a b 1\r\n", b"RS+ x\r\n", b"RS- x\r\n", b"LS+ x\r\n",
    b"LS- x\r\n", b"LMSG x 1\r\n", b"A+ x\r\n", b"A- x\r\n",
]

# A payload that is not followed by CR LF.
BAD_PAYLOADS = [b"2\r\nok\n", b"2\r\nokk\r\n", b"2\r\no\r\n\r\n", b"0\r\nx\r\n", b"2\r\nok\rx",
                b"2\r\nokPING\r\n", b"0\r\n\n"]

# Closed without a word. The part of the log's error is what stands there after the client's name.
SILENT = [
    (b"PUB foo\r\n", 'processPub Parse Error: "foo"'),
    (b"PUB foo x\r\n", 'processPub Bad or Missing Size: "foo x"'),
    (b"PUB a b c 1\r\n", 'processPub Parse Error: "a b c 1"'),
    (b"PUB foo 1234567890\r\n", 'processPub Bad or Missing Size: "foo 1234567890"'),
    (b"PUB foo 0000000002\r\n", 'processPub Bad or Missing Size: "foo 0000000002"'),
    (b"PUB foo -1\r\n", 'processPub Bad or Missing Size: "foo -1"'),
    (b"PUB foo +1\r\n", 'processPub Bad or Missing Size: "foo +1"'),
    (b"PUB foo 1.0\r\n", 'processPub Bad or Missing Size: "foo 1.0"'),
    (b'PUB "\xc3\xa9\x01\xff\r\n', r'processPub Parse Error: "\"é\x01\xff"'),
    (b"SUB foo\r\n", 'processSub Parse Error: "foo"'),
    (b"SUB a b c d\r\n", 'processSub Parse Error: "a b c d"'),
    (b"UNSUB 1 2 3\r\n", 'processUnsub Parse Error: "1 2 3"'),
    (b"PUB \r\n", "processPub Parse Error: "),
    (b"SUB \r\n", "processSub Parse Error: "),
    (b"SUB\t\r\n", "processSub Parse Error: "),
    (b"UNSUB \r\n", "processUnsub Parse Error: "),
    (b"HPUB foo 0 0\r\n\r\n", "message headers not supported"),
    (b"HPUB foo 1\r\n", "message headers not supported"),
    (HEADERS + b"HPUB foo 2\r\n", 'processHeaderPub Parse Error: "foo 2"'),
    (HEADERS + b"HPUB a b c 1 2\r\n", 'processHeaderPub Parse Error: "a b c 1 2"'),
    (HEADERS + b"HPUB foo x 2\r\n", 'processHeaderPub Bad or Missing Header Size: "foo x 2"'),
    (HEADERS + b"HPUB foo -1 2\r\n", 'processHeaderPub Bad or Missing Header Size: "foo -1 2"'),
    (HEADERS + b"HPUB foo 1234567890 2\r\n",
     'processHeaderPub Bad or Missing Header Size: "foo 1234567890 2"'),
    (HEADERS + b"HPUB foo 2 x\r\n", 'processHeaderPub Bad or Missing Total Size: "foo 2 x"'),
    (HEADERS + b"HPUB foo 2 1234567890\r\n",
     'processHeaderPub Bad or Missing Total Size: "foo 2 1234567890"'),
    (HEADERS + b"HPUB foo 3 2\r\n",
     'processHeaderPub Header Size larger then TotalSize: "foo 3 2"'),
    (b"INFO\r\n", ""), (b"INFO \r\n", ""), (b"INFO {bad}\r\n", ""), (b"INFO []\r\n", ""),
    (b'INFO {"server_id":1}\r\n', ""), (b'INFO {"port":"x"}\r\n', ""),
]


@pytest.mark.parametrize("data, answer", ACCEPTED)
def test_what_is_lenient_is_accepted(talk, data, answer):
    assert talk(data) == answer


@pytest.mark.parametrize("ping", [b"pInG\r\n", b"ping\n", b"PING junk\n", b"PINGX\r\n",
                                  b"PING\t\r\r\n", b"PING" + b"x" * 9000 + b"\r\n"])
def test_what_follows_ping_in_its_line_is_ignored(server, ping):
    with server.raw() as client:
        client.read_info()
        client.send(ping)
        client.expect(b"PONG\r\n")
        client.expect_nothing()


@pytest.mark.parametrize("data", UNKNOWN_OPERATIONS)
def test_an_unknown_operation_closes(server, close_reason, data):
    with server.raw() as client:
        cid = client.read_info()["client_id"]
        client.send(data)
        assert client.read_to_close() == UNKNOWN
    assert close_reason(server, cid) == "Protocol Violation"


@pytest.mark.parametrize("start_of", [b"H", b"HM", b"HMSG", b"HMSG foo 1 2 3", b"P", b"CONNEC"])
def test_the_start_of_a_verb_is_not_an_error_yet(server, start_of):
    with server.connect() as client, server.connect() as other:
        client.send(start_of)
        other.ping()
        assert client.is_open()


@pytest.mark.parametrize("payload", BAD_PAYLOADS)
def test_a_payload_must_end_where_its_size_says(exchange, payload):
    assert exchange(b'CONNECT {"verbose":false}\r\nPUB foo ' + payload) == UNKNOWN


@pytest.mark.parametrize("data, logged", SILENT)
def test_malformed_arguments_close_without_a_word(server, close_reason, data, logged):
    with server.raw() as client:
        cid = client.read_info()["client_id"]
        client.send(data)
        assert client.read_to_close() == b""
    assert close_reason(server, cid) == "Protocol Violation"
    server.wait_log(f" - cid:{cid} - {logged}")


def test_what_came_before_the_bad_operation_is_served(exchange):
    data = b"SUB foo 1\r\nPUB foo 2\r\nok\r\nPING\r\nPUB foo\r\nPING\r\n"
    assert exchange(data) == b"+OK\r\n+OK\r\nMSG foo 1 2\r\nok\r\nPONG\r\n"
    assert exchange(b"SUB foo 1\r\nPING\r\nX\r\nPING\r\n") == b"+OK\r\nPONG\r\n" + UNKNOWN


@pytest.mark.parametrize("data, text", [
    (b"-ERR 'x'\r\n", "'x'"), (b"-err x\n", "x"), (b"-ERR\t\t'a b' \r\n", "'a b' "),
    (b"-ERR \r\n", "")])
def test_an_error_of_the_client_closes(server, close_reason, data, text):
    with server.raw() as client:
        cid = client.read_info()["client_id"]
        client.send(data + b"PING\r\n")
        assert client.read_to_close() in (b"", b"PONG\r\n")
    assert close_reason(server, cid) == "Parse Error"
    server.wait_log(f" - cid:{cid} - Client Error {text}\n")


@pytest.mark.parametrize("operation", [b"PUB foo 999999999\r\n", b"PUB foo 1048577\r\n",
                                       HEADERS + b"HPUB foo 2 1048577\r\n"])
def test_a_size_above_the_limit_closes(exchange, operation):
    assert exchange(b'CONNECT {"verbose":false}\r\n' + operation) == TOO_BIG


# ---- the length of a control line

@pytest.mark.parametrize("operation, answer", [
    (b"SUB foo " + b"a" * 4092 + b"\r\n", b"+OK\r\n"),
    (b"SUB foo " + b"a" * 4092 + b"\n", b"+OK\r\n"),
    (b"PUB foo 0" + b" " * 4091 + b"\r\n\r\n", b"+OK\r\n"),
    (b"PUB " + b" " * 5000 + b"foo 0\r\n\r\n", b"+OK\r\n"),
    (b"CONNECT {" + b" " * 4094 + b"}\r\n", b"+OK\r\n"),
    (b"INFO " + b" " * 9000 + b"{" + b" " * 4094 + b"}\r\n", b"")])
def test_an_argument_of_the_limit_is_accepted(talk, operation, answer):
    assert len(operation) > 4096
    assert talk(operation) == answer


@pytest.mark.parametrize("operation", [
    b"SUB foo " + b"a" * 4093 + b"\r\n", b"SUB foo " + b"a" * 4093 + b"\n",
    b"PUB foo 0" + b" " * 4092 + b"\r\n\r\n", b"UNSUB " + b"x" * 4097 + b"\r\n",
    b"CONNECT {" + b" " * 4095 + b"}\r\n", b"INFO {" + b" " * 4095 + b"}\r\n",
    b"-ERR " + b"x" * 4097 + b"\r\n", b"SUB " + b"x" * 5000, b"CONNECT " + b"{" * 5000,
    b"HMSG " + b"1" * 5000])
def test_one_byte_more_closes(server, close_reason, operation):
    with server.raw() as client:
        cid = client.read_info()["client_id"]
        client.send(operation)
        assert client.read_to_close() == TOO_LONG
    assert close_reason(server, cid) == "Maximum Control Line Exceeded"
    server.wait_log(f" - cid:{cid} - maximum control line exceeded")


@pytest.mark.parametrize("length, answer", [(4096, b"+OK\r\n"), (4097, None)])
def test_the_limit_holds_for_a_trickled_line(server, length, answer):
    line = b"SUB foo " + b"a" * (length - 4)
    with server.raw() as client:
        client.read_info()
        for at in range(0, len(line), 64):
            client.send(line[at:at + 64])
        if answer is None:
            assert client.read_to_close() == TOO_LONG
        else:
            client.send(b"\r\n")
            client.expect(answer)


@pytest.mark.parametrize("argument, answer", [(b"foo " + b"a" * 60, b"+OK\r\n"),
                                              (b"foo " + b"a" * 61, None)])
def test_the_limit_can_be_set(start, argument, answer):
    server = start("listen: 127.0.0.1:-1\nmax_control_line: 64\n")
    with server.raw() as client:
        client.read_info()
        client.send(b"SUB " + argument + b"\r\n")
        if answer is None:
            assert client.read_to_close() == TOO_LONG
        else:
            client.expect(answer)


# ---- verbose and pedantic

@pytest.mark.parametrize("operation, answer", [
    (b"PUB a 0\r\n\r\n", b"+OK\r\n"), (b"SUB a 1\r\n", b"+OK\r\n"),
    (b"SUB a 1\r\nSUB b 1\r\n", b"+OK\r\n+OK\r\n"),
    (b"SUB a 1\r\nUNSUB 1\r\n", b"+OK\r\n+OK\r\n"),
    (b"UNSUB 7\r\n", b"+OK\r\n"), (b"UNSUB 7 3\r\n", b"+OK\r\n"), (b"PONG\r\n", b""),
    (b"SUB a. 1\r\n", b"-ERR 'Invalid Subject'\r\n"),
    (b"PUB $GR.a 0\r\n\r\n", b"-ERR 'Permissions Violation for Publish to \"$GR.a\"'\r\n"),
    (b"HPUB a 0 0\r\n\r\n", b"+OK\r\n")])
def test_a_verbose_client_hears_that_all_is_well(talk, operation, answer):
    connect = b'CONNECT {"verbose":true,"headers":true}\r\n'
    assert talk(connect + operation) == b"+OK\r\n" + answer


@pytest.mark.parametrize("subject", [b"foo.*", b"foo.>", b"*", b">", b"*.a", b"a.>.b", b"foo..bar",
                                     b".foo", b"foo.", b"."])
def test_a_pedantic_client_hears_of_a_bad_subject(talk, subject):
    operation = b"PUB " + subject + b" 2\r\nok\r\n"
    wrong = b"-ERR 'Invalid Publish Subject'\r\n"
    assert talk(b'CONNECT {"verbose":false}\r\n' + operation) == wrong
    assert talk(b"CONNECT {}\r\n" + operation) == b"+OK\r\n" + wrong + b"+OK\r\n"
    assert talk(HEADERS + operation) == b""


def test_a_pedantic_client_is_served_all_the_same(talk):
    data = b'CONNECT {"verbose":false}\r\nSUB foo.* 1\r\nPUB foo.* 2\r\nok\r\nPUB foo.x 0\r\n\r\n'
    wrong = b"-ERR 'Invalid Publish Subject'\r\n"
    assert talk(data) == wrong + b"MSG foo.* 1 2\r\nok\r\nMSG foo.x 1 0\r\n\r\n"


@pytest.mark.parametrize("subject", [b"foo*", b"*bar", b"foo>", b"a.>>", b"foo.bar,*,>,baz"])
def test_a_pedantic_client_may_publish_what_only_looks_like_a_wildcard(talk, subject):
    assert talk(b'CONNECT {"verbose":false}\r\nPUB ' + subject + b" 0\r\n\r\n") == b""
