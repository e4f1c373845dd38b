"""Subjects: which can be subscribed, which match what.

Spec: client-protocol §5; checklist 38-40, 48.
"""
import pytest

QUIET = b'CONNECT {"verbose":false,"pedantic":false}\r\n'

LITERALS = [b"foo", b"foo.bar", b"$X.y", b"_INBOX.a", b"foo*", b"*bar", b"foo.*bar", b"foo>bar",
            b">bar", b"foo.>>", b"foo.**", b"foo>", b"foo.bar,*,>,baz", b"\xc3\xa9.\xff", b"f\x00o",
            b"foo\x0b", b"foo\x0c", b"a'b", b'a"b', b"$SYS.x", b"$JS.API.x", b"x" * 2000,
            b".".join([b"t"] * 500)]
WILDCARDS = [(b"*", b"foo"), (b">", b"foo.bar"), (b"foo.*", b"foo.bar"), (b"*.bar", b"foo.bar"),
             (b"foo.*.>", b"foo.bar.baz.q"), (b"foo.>", b"foo.bar"), (b"*.*", b"foo.bar"),
             (b"*.>", b"foo.bar"), (b"foo.*.baz", b"foo.*x.baz"), (b"*.*.*", b"a.b.c")]
INVALID = [b"foo.", b".foo", b"foo..bar", b".", b"..", b"foo.>.bar", b">.bar", b">.>", b"*..*",
           b"foo.*.", b".>", b"a.b.c."]

# Subscription, subject published, whether it is delivered.
MATCHES = [
    (b"foo.>", b"foo", False), (b"foo.>", b"foo.a", True), (b"foo.>", b"foo.a.b.c", True),
    (b"foo.*", b"foo", False), (b"foo.*", b"foo.a.b", False), (b"*", b"a.b", False),
    (b"*", b"a", True), (b">", b"a", True), (b">", b"a.b.c", True), (b"*.*", b"a", False),
    (b"foo.*.bar", b"foo.x.bar", True), (b"foo.*.bar", b"foo.x.y.bar", False),
    (b"foo", b"FOO", False), (b"foo", b"foo.", False), (b"foo", b"foobar", False),
    (b"*.>", b"a", False), (b"*.>", b"a.b", True), (b"foo*", b"foobar", False),
    (b"foo.bar", b"foo.*", False), (b"foo.bar", b"foo.>", False), (b"foo.*", b"foo.*", True),
    (b"foo.>", b"foo.*", True), (b">", b"foo.*", True), (b"*.*", b"foo.*", True),
    (b"foo.*", b"foo.>", True), (b"foo.>", b"foo.>", True), (b">", b">", True), (b"*", b">", True),
    (b"*", b"*", True), (b"foo.*.bar", b"foo.*.*", False), (b">", b"foo.>.x", True),
    (b">", b"foo..bar", False), (b">", b".foo", False), (b">", b"foo.", False), (b">", b".", False),
    (b"*.*", b"foo.", False), (b"*.*", b".", False), (b"foo.>", b"foo.", False),
    (b"*.*.*", b"foo..bar", False),
]


@pytest.mark.parametrize("subject", LITERALS)
def test_a_literal_makes_the_round_trip(talk, subject):
    data = b"SUB " + subject + b" 1\r\nPUB " + subject + b" 2\r\nok\r\n"
    assert talk(QUIET + data) == b"MSG " + subject + b" 1 2\r\nok\r\n"


@pytest.mark.parametrize("pattern, subject", WILDCARDS)
def test_a_wildcard_subscription_gets_the_subject_that_was_published(talk, pattern, subject):
    data = b"SUB " + pattern + b" 1\r\nPUB " + subject + b" 2\r\nok\r\n"
    assert talk(QUIET + data) == b"MSG " + subject + b" 1 2\r\nok\r\n"


@pytest.mark.parametrize("subject", INVALID)
def test_an_invalid_subject_is_refused_and_its_sid_stays_free(talk, subject):
    data = b"SUB " + subject + b" 1\r\nSUB foo 1\r\nPUB foo 0\r\n\r\n"
    assert talk(QUIET + data) == b"-ERR 'Invalid Subject'\r\nMSG foo 1 0\r\n\r\n"


@pytest.mark.parametrize("subject", INVALID)
def test_a_queue_does_not_make_it_valid(talk, subject):
    data = QUIET + b"SUB " + subject + b" q 1\r\n"
    assert talk(data) == b"-ERR 'Invalid Subject'\r\n"


@pytest.mark.parametrize("pattern, subject, delivered", MATCHES)
def test_matching_goes_token_by_token(server, pattern, subject, delivered):
    message = b"MSG " + subject + b" 1 2\r\nok\r\n"
    with server.connect() as client:
        client.send(b"SUB " + pattern + b" 1\r\nPUB " + subject + b" 2\r\nok\r\n")
        assert client.ping() == (message if delivered else b"")


@pytest.mark.parametrize("pattern, subject, delivered", MATCHES)
def test_matching_does_not_depend_on_other_interest(server, pattern, subject, delivered):
    message = b"MSG " + subject + b" 1 2\r\nok\r\n"
    others = [b"foo.bar.baz", b"foo.*.x", b"foo", b"foo.bar", b"*.y", b"a.b.c.d", b"foo.q.>"]
    with server.connect() as client, server.connect() as other:
        for sid, one in enumerate(others):
            other.send(b"SUB " + one + b" %d\r\n" % sid)
        other.ping()
        publish = b"PUB " + subject + b" 2\r\nok\r\n"
        client.send(publish + b"SUB " + pattern + b" 1\r\n" + publish + publish)
        assert client.ping() == (message * 2 if delivered else b"")
        client.send(b"UNSUB 1\r\n" + publish)
        client.expect_nothing()


@pytest.mark.parametrize("subject, shown", [
    (b"foo", b'"foo"'), (b"foo.", b'"foo."'), (b'a"b\\c', rb'"a\"b\\c"'),
    (b"a\x01\xff\xc3\xa9\x7f", b'"a\\x01\\xff\xc3\xa9\\x7f"')])
def test_the_servers_own_queue_is_not_for_clients(talk, subject, shown):
    text = b"Permissions Violation for Subscription to " + shown + b' using queue "_sys_"'
    data = b"SUB " + subject + b" _sys_ 1\r\nPUB foo 0\r\n\r\n"
    assert talk(QUIET + data) == b"-ERR '" + text + b"'\r\n"


def test_the_name_of_that_queue_is_case_sensitive(talk):
    assert talk(QUIET + b"SUB foo _SYS_ 1\r\nPUB foo 0\r\n\r\n") == b"MSG foo 1 0\r\n\r\n"
