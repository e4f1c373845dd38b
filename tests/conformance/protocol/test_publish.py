"""PUB and delivery: copies, order, echo, replies, reserved subjects.

Spec: client-protocol §5.4, §7; checklist 41, 53, 59-62.
"""
import pytest

QUIET = b'CONNECT {"verbose":false,"pedantic":false,"headers":true}\r\n'
NO_PUBLISH = "-ERR 'Permissions Violation for Publish to \"{}\"'\r\n"
NO_REPLY = "-ERR 'Permissions Violation for Publish with Reply of \"{}\"'\r\n"


@pytest.mark.parametrize("operations, answer", [
    (b"SUB foo 1\r\nPUB foo 2\r\nok\r\n", b"MSG foo 1 2\r\nok\r\n"),
    (b"SUB foo 1\r\nPUB foo bar 2\r\nok\r\n", b"MSG foo 1 bar 2\r\nok\r\n"),
    (b"SUB foo 1\r\nPUB foo 0\r\n\r\n", b"MSG foo 1 0\r\n\r\n"),
    (b"SUB foo 1\r\nPUB foo bar 0\r\n\r\n", b"MSG foo 1 bar 0\r\n\r\n"),
    (b"SUB foo.* 1\r\nPUB foo.x 1\r\nx\r\n", b"MSG foo.x 1 1\r\nx\r\n"),
    (b"SUB foo queue 1\r\nPUB foo 1\r\nx\r\n", b"MSG foo 1 1\r\nx\r\n"),
    (b"SUB foo 1\r\nPUB foo 4\r\n\r\n\r\n\r\n", b"MSG foo 1 4\r\n\r\n\r\n\r\n"),
    (b"SUB foo 1\r\nPUB foo 4\r\n\x00\xff\r\n\r\n", b"MSG foo 1 4\r\n\x00\xff\r\n\r\n"),
    (b"SUB foo \xff\xfe\r\nPUB foo 0\r\n\r\n", b"MSG foo \xff\xfe 0\r\n\r\n"),
    (b"SUB foo a.very-long/sid\r\nPUB foo 0\r\n\r\n", b"MSG foo a.very-long/sid 0\r\n\r\n"),
    (b"SUB foo 1\r\nPUB foo a..b.>.* 0\r\n\r\n", b"MSG foo 1 a..b.>.* 0\r\n\r\n"),
    (b"SUB foo 1\r\nPUB foo $SYS.x 0\r\n\r\n", b"MSG foo 1 $SYS.x 0\r\n\r\n"),
    (b"SUB foo 1\r\nPUB Foo 0\r\n\r\n", b""),
])
def test_a_message_reaches_its_subscription(talk, operations, answer):
    assert talk(QUIET + operations) == answer


def test_a_size_with_leading_zeros_is_the_same_size(talk):
    answer = talk(QUIET + b"SUB foo 1\r\nPUB foo 002\r\nok\r\n")
    assert answer in (b"MSG foo 1 2\r\nok\r\n", b"MSG foo 1 002\r\nok\r\n")


def test_each_matching_subscription_gets_a_copy(server):
    with server.connect() as client:
        client.send(b"SUB copy.a one\r\nSUB copy.* two\r\nSUB copy.> three\r\nSUB copy.a four\r\n"
                    b"SUB copy.b five\r\nPUB copy.a r 2\r\nok\r\n")
        got = client.ping().split(b"MSG copy.a ")
    assert sorted(got) == sorted(
        [b""] + [sid + b" r 2\r\nok\r\n" for sid in (b"one", b"two", b"three", b"four")])


def test_every_connection_gets_a_copy(server):
    with server.connect() as first, server.connect() as second, server.connect() as sender:
        for client in (first, second):
            client.send(b"SUB all 9\r\n")
            client.ping()
        sender.send(b"PUB all 2\r\nok\r\n")
        sender.expect_nothing()
        for client in (first, second):
            client.expect(b"MSG all 9 2\r\nok\r\n")


def test_messages_come_in_the_order_they_were_published(server):
    count = 5000
    with server.connect() as reader, server.connect() as sender:
        reader.send(b"SUB order.* 1\r\n")
        reader.ping()
        sender.send(b"".join(b"PUB order.%d 5\r\n%05d\r\n" % (n % 7, n) for n in range(count)))
        reader.expect(b"".join(b"MSG order.%d 1 5\r\n%05d\r\n" % (n % 7, n) for n in range(count)))
        reader.expect_nothing()


def test_answers_and_messages_keep_their_order_on_one_connection(talk):
    data = b"SUB a 1\r\nPING\r\nPUB a 1\r\nx\r\nPING\r\nPUB a 1\r\ny\r\n"
    with_verbose = b"CONNECT {}\r\n" + data.replace(b"PING\r\n", b"UNSUB 9\r\n")
    assert talk(with_verbose) == (b"+OK\r\n+OK\r\n+OK\r\n+OK\r\nMSG a 1 1\r\nx\r\n+OK\r\n+OK\r\n"
                                  b"MSG a 1 1\r\ny\r\n")


def test_a_message_nobody_wants_is_dropped(talk):
    assert talk(QUIET + b"PUB nobody.here 2\r\nok\r\n") == b""


# ---- echo

def test_a_client_without_echo_does_not_hear_itself(server):
    with server.connect(echo=False) as quiet, server.connect() as other:
        for client in (quiet, other):
            client.send(b"SUB echo 1\r\n")
            client.ping()
        quiet.send(b"PUB echo 1\r\nq\r\n")
        quiet.expect_nothing()
        other.expect(b"MSG echo 1 1\r\nq\r\n")
        other.send(b"PUB echo 1\r\no\r\n")
        other.expect(b"MSG echo 1 1\r\no\r\n")
        quiet.expect(b"MSG echo 1 1\r\no\r\n")


def test_no_echo_means_the_connection_not_the_subject(server):
    with server.connect(echo=False) as one, server.connect(echo=False) as two:
        one.send(b"SUB echoes 1\r\n")
        one.ping()
        two.send(b"SUB echoes 1\r\nPUB echoes 0\r\n\r\n")
        two.expect_nothing()
        one.expect(b"MSG echoes 1 0\r\n\r\n")


# ---- what clients may not publish

@pytest.mark.parametrize("subject", ["_GR_.x", "$GR.x", "$NRG.x", "$NRG.", "_GR_.a.b.c", "$GR.*"])
def test_a_reserved_subject_is_refused_and_the_message_dropped(talk, subject):
    name = subject.encode()
    data = b"SUB > 1\r\nPUB " + name + b" 2\r\nok\r\n"
    assert talk(QUIET + data) == NO_PUBLISH.format(subject).encode()
    data = b"HPUB " + name + b" 12 12\r\nNATS/1.0\r\n\r\n\r\n"
    assert talk(QUIET + data) == NO_PUBLISH.format(subject).encode()


@pytest.mark.parametrize("subject", [b"_R_.q", b"$JS.ACK.q", b"$NRG", b"_GR_", b"_gr_.x", b"$SYS.x",
                                     b"$G", b"_INBOX.a", b"$JS.FC.x", b"$KV.x"])
def test_what_only_looks_reserved_is_delivered(talk, subject):
    data = QUIET + b"SUB " + subject + b" 1\r\nPUB " + subject + b" 2\r\nok\r\n"
    assert talk(data) == b"MSG " + subject + b" 1 2\r\nok\r\n"


@pytest.mark.parametrize("subject", [b"_GR_.", b"$GR.", b"_R_.", b"$JS.ACK."])
def test_a_bare_prefix_is_accepted_and_reaches_nobody(talk, subject):
    assert talk(QUIET + b"SUB > 1\r\nPUB " + subject + b" 0\r\n\r\n") == b""


@pytest.mark.parametrize("reply", ["_R_.x", "_R_.", "_GR_.x.y", "$GR.x", "$JS.ACK.x"])
def test_a_reserved_reply_is_refused_and_the_message_dropped(talk, reply):
    name = reply.encode()
    data = b"SUB foo 1\r\nPUB foo " + name + b" 2\r\nok\r\n"
    assert talk(QUIET + data) == NO_REPLY.format(reply).encode()
    data = b"SUB foo 1\r\nHPUB foo " + name + b" 12 12\r\nNATS/1.0\r\n\r\n\r\n"
    assert talk(QUIET + data) == NO_REPLY.format(reply).encode()


@pytest.mark.parametrize("reply", [b"_GR_.", b"$GR.", b"$JS.ACK.", b"$NRG.x", b"_R_", b"$JS.ACK",
                                   b"$JS.API.x", b"_INBOX.>"])
def test_any_other_reply_is_passed_on(talk, reply):
    data = b"SUB foo 1\r\nPUB foo " + reply + b" 2\r\nok\r\n"
    assert talk(QUIET + data) == b"MSG foo 1 " + reply + b" 2\r\nok\r\n"


@pytest.mark.parametrize("subject, shown", [
    (b'$GR.a"b', rb'"$GR.a\"b"'), (b"$GR.a'b", b'"$GR.a\'b"'), (b"$GR.a\\b", rb'"$GR.a\\b"'),
    (b"$GR.\x01\x7f\xff", rb'"$GR.\x01\x7f\xff"'), (b"$GR.\xc3\xa9", b'"$GR.\xc3\xa9"'),
    (b"$GR.\x00", rb'"$GR.\x00"'), (b"$GR.\x07\x0b\x0c", rb'"$GR.\a\v\f"'),
    (b"$GR.\xe2\x80\xa8", rb'"$GR.\u2028"'), (b"$GR.\xf0\x9f\x90\xa6", b'"$GR.\xf0\x9f\x90\xa6"')])
def test_a_subject_in_an_error_is_quoted_as_go_does(talk, subject, shown):
    answer = talk(QUIET + b"PUB " + subject + b" 0\r\n\r\n")
    assert answer == b"-ERR 'Permissions Violation for Publish to " + shown + b"'\r\n"


@pytest.mark.parametrize("operation, logged", [
    (b"PUB $GR.x 0\r\n\r\n", 'Publish Violation - Subject "$GR.x"'),
    (b"PUB foo $GR.x 0\r\n\r\n", 'Publish Violation - Reply "$GR.x"'),
    (b"SUB foo _sys_ 7\r\n", 'Subscription Violation - Subject "foo", Queue: "_sys_", SID 7')])
def test_a_violation_stands_in_the_log(server, operation, logged):
    with server.connect() as client:
        client.send(operation)
        client.ping()
        server.wait_log(f"[ERR] 127.0.0.1:{client.sock.getsockname()[1]} - "
                        f"cid:{client.info['client_id']} - {logged}\n")
