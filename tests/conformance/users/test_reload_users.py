"""What a reload of the users does to those who are connected.

Spec: accounts-and-auth §20; config-and-cli §8.3 to §8.5; checklist 73 there, 79, 82 to 84 here.
"""
import pytest

from harness.logins import VIOLATION, ask_in, is_let_in, lets_in, no_publish, no_subscribe, pub, say
from harness.nkeys import Key

pytestmark = pytest.mark.later_part("users and permissions")

LISTEN = "listen: 127.0.0.1:-1\nhttp: 127.0.0.1:-1\n"
KEY, OTHER = Key.of(1), Key.of(2)
A, P = {"user": "a", "pass": "p"}, "user: a, password: p"
SIGNED, K = {"nkey": KEY.public, "sig": KEY.sign}, f"nkey: {KEY.public}"
OF_B = "$2a$04$abcdefghijklmnopqrstuu12f.Pu8ic0A965BfTwGcW6x7Xin9Xgu"  # bcrypt of "b"
STAYS, SILENTLY, REFUSED = "stays", "Client Closed", "Authentication Failure"


def users(*rows: str, more: str = "") -> str:
    return f"{LISTEN}{more}authorization {{ users: [\n" + "".join(
        f"  {{ {row} }}\n" for row in rows) + "] }\n"


def block(text: str) -> str:
    return f"{LISTEN}authorization {{ {text} }}\n"


def check(server, client, close_reason, expected: str) -> None:
    """What became of a client: it was served, closed without a word, or told."""
    if expected == STAYS:
        assert say(client, pub("foo")) == b"MSG foo 1 0\r\n\r\n"
        return
    assert client.read_to_close() == (b"" if expected == SILENTLY else VIOLATION)
    assert close_reason(server, client.info["client_id"]) == expected


def enter(server, **options):
    """A client that listens to foo."""
    client = ask_in(server, **options)
    client.ping()
    assert say(client, b"SUB foo 1\r\n") == b""
    return client


CHANGES = {
    "nothing": (users(P), users(P), A, STAYS),
    "another option": (users(P), users(P, more="ping_max: 7\n"), A, STAYS),
    "order": (users(P, "user: b"), users("user: b", P), A, STAYS),
    "another user comes": (users(P), users(P, "user: b"), A, STAYS),
    "another user goes": (users(P, "user: b"), users(P), A, STAYS),
    "a key comes": (users(P), users(P, K), A, STAYS),
    "another password": (users(P, "user: b"), users(P, "user: b, password: q"), A, STAYS),
    "plain to hash": (users("user: a, password: b"), users(f'user: a, password: "{OF_B}"'),
                      {"user": "a", "pass": "b"}, STAYS),
    "hash to plain": (users(f'user: a, password: "{OF_B}"'), users("user: a, password: b"),
                      {"user": "a", "pass": "b"}, STAYS),
    "permissions come": (users(P), users(P + ", permissions: {subscribe: foo}"), A, STAYS),
    "permissions go": (users(P + ", permissions: {subscribe: foo}"), users(P), A, STAYS),
    "its kind of connection": (users(P), users(P + ", clients: [STANDARD]"), A, STAYS),
    "removed": (users(P, "user: b"), users("user: b"), A, SILENTLY),
    "renamed": (users(P), users("user: A, password: p"), A, SILENTLY),
    "the last one": (users(P), users(), A, SILENTLY),
    "the whole block": (users(P), LISTEN, A, SILENTLY),
    "its password": (users(P), users("user: a, password: q"), A, REFUSED),
    "no password": (users(P), users("user: a"), A, REFUSED),
    "another kind of connection": (users(P), users(P + ", clients: [WEBSOCKET]"), A, REFUSED),
    "a key stays": (users(K, P), users(P, K), SIGNED, STAYS),
    "a key is removed": (users(K, P), users(P), SIGNED, SILENTLY),
    "a key is replaced": (users(K), users(f"nkey: {OTHER.public}"), SIGNED, SILENTLY),
    "the last key": (users(K), users(), SIGNED, SILENTLY),
    "a key's kind of connection": (users(K), users(K + ", clients: [MQTT]"), SIGNED, REFUSED),
    "users come, without credentials": (LISTEN, users(P), {}, REFUSED),
    "users come, right credentials": (LISTEN, users(P), A, STAYS),
    "users come, wrong password": (LISTEN, users(P), {"user": "a", "pass": "x"}, REFUSED),
    "users come, unknown user": (LISTEN, users(P), {"user": "x", "pass": "p"}, SILENTLY),
    "one user to a list": (block(P), users(P), A, STAYS),
    "one user to a list without": (block(P), users("user: b"), A, SILENTLY),
    "a token to a list, both known": (block("token: t"), users(P), {**A, "auth_token": "t"}, STAYS),
    "a token to a list": (block("token: t"), users(P), {"auth_token": "t"}, REFUSED),
}


@pytest.mark.parametrize("before, after, options, expected", CHANGES.values(), ids=CHANGES.keys())
def test_a_reload_judges_those_who_are_connected(start, close_reason, before, after, options,
                                                 expected):
    server = start(before)
    with enter(server, **options) as client:
        server.reload(after)
        assert "Failed to reload" not in server.log()
        check(server, client, close_reason, expected)


@pytest.mark.gannet_only("the reference keeps the users of the list that is gone")
@pytest.mark.parametrize("after", ["token: t", "user: z, password: p"])
def test_a_list_that_gives_way_lets_nobody_in_any_more(start, after):
    server = start(users(P))
    with enter(server, **A) as client:
        server.reload(block(after))
        client.read_to_close()
    assert not lets_in(server, **A)


@pytest.mark.parametrize("after, is_in", [
    (users(P, "user: b, password: p"), True), (users(P), False), (LISTEN, True)])
def test_a_user_who_is_added_comes_in(start, after, is_in):
    server = start(users(P))
    assert not lets_in(server, user="b", **{"pass": "p"})
    server.reload(after)
    assert lets_in(server, user="b", **{"pass": "p"}) == is_in


def test_a_key_that_is_added_gets_a_nonce_on_the_next_connection(start):
    server = start(users(P))
    with ask_in(server, **A) as before:
        assert is_let_in(before)
        assert "nonce" not in before.info
        server.reload(users(P, K))
        assert lets_in(server, **SIGNED)
        before.expect_nothing()
    server.reload(users(P))
    with ask_in(server, **A) as after:
        assert "nonce" not in after.info


def test_a_password_that_changes_is_asked_of_the_next(start):
    server = start(users(P))
    server.reload(users("user: a, password: q"))
    assert not lets_in(server, **A)
    assert lets_in(server, user="a", **{"pass": "q"})


def test_users_of_a_file_change_with_the_file(start):
    config = LISTEN + "include users.conf\n"
    server = start(LISTEN)
    included = server.config_path.with_name("users.conf")
    included.write_text(f"authorization {{ users: [ {{ {P} }} ] }}")
    server.reload(config)
    with enter(server, **A) as client:
        included.write_text("authorization { users: [ { user: b, password: p } ] }")
        server.reload(config)
        assert client.read_to_close() == b""
    assert lets_in(server, user="b", **{"pass": "p"})
    assert not lets_in(server, **A)


def test_a_refused_reload_changes_no_user(start):
    server = start(users(P))
    with enter(server, **A) as client:
        for bad in (users("user: b", "user: b"), users("password: p"), users("nkey: x"),
                    users(P + ", permissions: {publish: {allow: 'a..b'}}"),
                    users(P, more="no_auth_user: z\n")):
            server.reload(bad)
            assert "Reloaded server configuration" not in server.log()
        assert say(client, pub("foo")) == b"MSG foo 1 0\r\n\r\n"
    assert lets_in(server, **A)
    assert not lets_in(server, user="b")


# ---- what is logged

@pytest.mark.parametrize("after, logged", [
    (users(P), []), (users("user: z"), []), (users(P, K), ["authorization nkey users"]),
    (block("token: t"), ["authorization token"]),
    (block("user: z, password: q"), ["authorization username", "authorization password"])])
def test_the_log_says_what_changed(start, after, logged):
    server = start(users(P))
    server.reload(after)
    lines = [line.split("Reloaded: ")[1] for line in server.log().splitlines()
             if "Reloaded: " in line]
    assert sorted(lines) == sorted([*logged, "accounts", "authorization users"])


def test_a_refused_client_stands_in_the_log(start):
    server = start(users(P, K), args=["-D"])
    with enter(server, **A) as client, enter(server, **SIGNED) as signed:
        server.reload(users("user: a, password: q", K + ", clients: [MQTT]"))
        for one, label, who in ((client, "user:a", 'User "a"'),
                                (signed, f"nkey:{KEY.public}", f'Nkey "{KEY.public}"')):
            server.wait_log(f' - cid:{one.info["client_id"]} - "$G/{label}" - '
                            f"authentication error - {who}\n")


# ---- permissions

NARROWED = [
    # permissions after, subscriptions, those that end
    ("subscribe: foo", ["foo 1", "foo q 2", "bar 3"], ["bar 3"]),
    ("subscribe: 'foo q'", ["foo 1", "foo q 2", "foo r 3"], ["foo 1", "foo r 3"]),
    ("subscribe: [foo, 'foo q']", ["foo 1", "foo q 2", "foo r 3"], ["foo r 3"]),
    ("subscribe: {deny: 'foo q'}", ["foo 1", "foo q 2", "foo r 3"], ["foo q 2"]),
    ("subscribe: {deny: foo}", ["foo 1", "foo q 2", "* 3", "> 4"], ["foo 1", "foo q 2"]),
    ("subscribe: 'foo.>'", ["foo.a 1", "foo.* 2", "> 3", "foo 4"], ["> 3", "foo 4"]),
    ("subscribe: {deny: '>'}", ["foo 1", "a.* q 2"], ["foo 1", "a.* q 2"]),
    ("publish: foo", ["foo 1", "bar 2"], []), ("", ["foo 1", "> 2"], []),
]


@pytest.mark.parametrize("permissions, subscriptions, ended", NARROWED)
def test_subscriptions_that_are_no_longer_allowed_end(start, connection, permissions,
                                                      subscriptions, ended):
    server = start(users(P))
    with ask_in(server, **A) as client:
        client.ping()
        assert say(client, "".join(f"SUB {one}\r\n" for one in subscriptions).encode()) == b""
        server.reload(users(f"{P}, permissions: {{ {permissions} }}"))
        told = []
        for one in ended:
            subject, *queue, sid = one.split()
            text = f'"{subject}"' + (f' using queue "{queue[0]}"' if queue else "")
            told.append(no_subscribe(subject, *(queue or [""]), sid=sid))
            server.wait_log(f'[INF] Removed sub {text} (sid "{sid}") for User "a" - not '
                            "authorized\n")
        assert sorted(client.ping().splitlines(keepends=True)) == sorted(told)
        left = connection(server, client.info["client_id"])["subscriptions"]
        assert left == len(subscriptions) - len(ended)


def test_a_subscription_that_ended_may_be_made_again_when_it_is_allowed(start):
    server = start(users(P))
    with enter(server, **A) as client:
        server.reload(users(P + ", permissions: {subscribe: bar}"))
        assert client.ping() == no_subscribe("foo", sid="1")
        assert say(client, b"SUB foo 1\r\n") == no_subscribe("foo")
        server.reload(users(P))
        assert say(client, pub("foo")) == b""
        assert say(client, b"SUB foo 1\r\n" + pub("foo")) == b"MSG foo 1 0\r\n\r\n"


def test_a_deny_under_a_wildcard_begins_and_ends_with_a_reload(start):
    server = start(users(P))
    with ask_in(server, **A) as client:
        client.ping()
        say(client, b"SUB * 1\r\n")
        for text, answer in (("{subscribe: {deny: foo}}", b""), ("{}", b"MSG foo 1 0\r\n\r\n"),
                             ("{subscribe: {deny: foo}}", b""),
                             ("{subscribe: {deny: bar}}", b"MSG foo 1 0\r\n\r\n")):
            server.reload(users(f"{P}, permissions: {text}"))
            assert say(client, pub("foo")) == answer, text


def test_what_may_be_published_changes_for_those_who_are_connected(start):
    server = start(users(P))
    with enter(server, **A) as client:
        for text, is_allowed in (("{publish: bar}", False), ("{publish: foo}", True),
                                 ("{publish: {deny: foo}}", False), ("{}", True)):
            server.reload(users(f"{P}, permissions: {text}"))
            assert say(client, pub("foo")) == (b"MSG foo 1 0\r\n\r\n" if is_allowed
                                               else no_publish("foo")), text


def test_default_permissions_change_for_those_who_have_none(start):
    def config(default: str) -> str:
        return block(f"default_permissions: {{ {default} }}\n"
                     f"users: [{{ {P} }}, {{ user: o, permissions: {{}} }}, {{ {K} }}]")

    server = start(config(""))
    with enter(server, **A) as client, enter(server, user="o") as own, \
            enter(server, **SIGNED) as signed:
        server.reload(config("subscribe: bar"))
        own.expect_nothing()
        for one in (client, signed):
            assert one.ping() == no_subscribe("foo", sid="1")
    server.wait_log(f'Removed sub "foo" (sid "1") for Nkey "{KEY.public}" - not authorized\n')


def test_an_answer_that_was_granted_ends_with_the_permission(start):
    server = start(users(P + ", permissions: {allow_responses: true}", "user: free"))
    with ask_in(server, **A) as client, ask_in(server, user="free") as requester:
        say(client, b"SUB service 1\r\n")
        say(requester, b"SUB inbox 9\r\n" + pub("service", "inbox"))
        assert client.ping() == b"MSG service 1 inbox 0\r\n\r\n"
        server.reload(users(P + ", permissions: {publish: x}", "user: free"))
        assert say(client, pub("inbox")) == no_publish("inbox")


@pytest.mark.parametrize("reloads, burst", [
    (10, 1000), pytest.param(50, 20_000, marks=[pytest.mark.slow, pytest.mark.timeout(300)])])
def test_traffic_of_the_others_flows_on(start, reloads, burst):
    """Users come, change and go all the while; what the others publish arrives in order."""
    server = start(users("user: free", P))
    with ask_in(server, user="free") as listener, ask_in(server, user="free") as publisher:
        listener.ping()
        publisher.ping()
        say(listener, b"SUB foo 1\r\n")
        for turn in range(reloads):
            publisher.send(b"".join(pub("foo", body=f"{turn} {i}") for i in range(burst)))
            server.reload(users("user: free", f"user: a, password: p{turn}", f"user: u{turn}",
                                f"user: b, permissions: {{publish: x{turn}}}"))
            publisher.ping()
            got = listener.ping().replace(b"\r\nPING\r\n", b"\r\n").split(b"\r\n")
            assert got[1::2] == [b"%d %d" % (turn, i) for i in range(burst)]


# ---- no_auth_user

NAMES_NOBODY = "Failed to reload server configuration: config reload not supported for NoAuthUser: "
X = "no_auth_user: a\n"


@pytest.mark.parametrize("before, after, refusal", [
    (users(P, more=X), users(P, more=X), ""), (users(P, more=X), users("user: b"), ""),
    (users(P, more=X), users(P), NAMES_NOBODY + "old=a, new=\n"),
    (users(P), users(P, more=X), NAMES_NOBODY + "old=, new=a\n"),
    (users(P, "user: b", more=X), users(P, "user: b", more="no_auth_user: b\n"),
     NAMES_NOBODY + "old=a, new=b\n")])
def test_that_user_may_only_go_with_the_user(start, before, after, refusal):
    server = start(before)
    server.reload(after)
    assert refusal in server.log()
    assert ("Failed to reload" in server.log()) == bool(refusal)


@pytest.mark.parametrize("after, expected", [
    (users(P, more=X), STAYS), (users("user: b"), SILENTLY),
    (users("user: a, password: q", more=X), REFUSED)])
def test_those_without_name_are_that_user_in_a_reload(start, close_reason, after, expected):
    server = start(users(P, more=X))
    with enter(server) as client:
        server.reload(after)
        check(server, client, close_reason, expected)


def test_its_permissions_change_too(start):
    server = start(users(P, more=X))
    with enter(server) as client:
        server.reload(users(P + ", permissions: {subscribe: bar}", more=X))
        assert client.ping() == no_subscribe("foo", sid="1")
