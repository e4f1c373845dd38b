"""Proxies that sign for their clients, and users that must come through one.

Spec: accounts-and-auth §11; checklist 95.
"""
import base64

import pytest

from harness.logins import VIOLATION, ask_in, is_let_in, lets_in
from harness.nkeys import ACCOUNT, SERVER, Key

pytestmark = pytest.mark.later_part("users and permissions")

LISTEN = "listen: 127.0.0.1:-1\nhttp: 127.0.0.1:-1\n"
PROXY, SECOND, FALSE = Key.of(1, SERVER), Key.of(2, ACCOUNT), Key.of(3, SERVER)
KEY = Key.of(4)
A, R = {"user": "a", "pass": "p"}, {"user": "r", "pass": "p"}
WRONG = {"user": "r", "pass": "x"}
SIGNED = {"nkey": KEY.public, "sig": KEY.sign}
USERS = (f"users: [{{user: a, password: p}}, {{user: r, password: p, proxy_required: true}}, "
         f"{{nkey: {KEY.public}, proxy_required: true}}]")
OK, FAILED, UNTRUSTED, MISSING = ("", "Authentication Failure", "Proxy Not Trusted",
                                  "Proxy Required")


def config(authorization: str = USERS, *proxies: Key) -> str:
    keys = ", ".join(f"{{key: {key.public}}}" for key in proxies or (PROXY, SECOND))
    return f"{LISTEN}proxies {{ trusted: [{keys}] }}\nauthorization {{ {authorization} }}\n"


def outcome(server, close_reason, options: dict) -> str:
    """Why a client was closed, or that it was not."""
    with ask_in(server, **options) as client:
        if is_let_in(client):
            return OK
        return close_reason(server, client.info["client_id"])


def padded(nonce: str) -> str:
    return base64.b64encode(PROXY.sign_bytes(nonce.encode())).decode()


SIGNATURES = {
    "none": None, "empty": "", "good": PROXY.sign, "of the second": SECOND.sign,
    "false": FALSE.sign, "no base64": "!!", "padded base64": padded, "old": PROXY.sign("x" * 15)}
MATRIX = [  # user and right password, proxy required, the same and wrong password, a key, wrong key
    ("none", [OK, MISSING, MISSING, MISSING, MISSING, FAILED]),
    ("empty", [OK, MISSING, MISSING, MISSING, MISSING, FAILED]),
    ("good", [OK, OK, FAILED, OK, FAILED, FAILED]),
    ("of the second", [OK, OK, FAILED, OK, FAILED, FAILED]),
    *[(bad, 6 * [UNTRUSTED]) for bad in ("false", "no base64", "padded base64", "old")]]


@pytest.mark.parametrize("signature, expected", MATRIX)
def test_the_signature_of_a_proxy_is_judged_before_the_user(start, close_reason, signature,
                                                            expected):
    server = start(config())
    sign = SIGNATURES[signature]
    more = {} if sign is None else {"proxy_sig": sign}
    clients = [A, R, WRONG, SIGNED, {**SIGNED, "sig": FALSE.sign}, {}]
    assert [outcome(server, close_reason, {**one, **more}) for one in clients] == expected


SINGLE = [
    ("user: a, password: p, proxy_required: true", A, {"user": "a", "pass": "x"}),
    ("token: t, proxy_required: true", {"auth_token": "t"}, {"auth_token": "x"})]


@pytest.mark.parametrize("authorization, good, bad", SINGLE)
def test_a_single_user_or_a_token_may_need_a_proxy(start, close_reason, authorization, good, bad):
    server = start(config(authorization))
    assert outcome(server, close_reason, good) == MISSING
    assert outcome(server, close_reason, {**good, "proxy_sig": PROXY.sign}) == OK
    assert outcome(server, close_reason, {**good, "proxy_sig": FALSE.sign}) == UNTRUSTED
    assert outcome(server, close_reason, {**bad, "proxy_sig": PROXY.sign}) == FAILED


def test_what_the_block_requires_is_not_required_of_listed_users(start, close_reason):
    server = start(config("users: [{user: a, password: p}], proxy_required: true"))
    assert outcome(server, close_reason, A) == OK
    assert outcome(server, close_reason, {"auth_token": "t"}) == MISSING


@pytest.mark.parametrize("authorization", ["", "proxy_required: true"])
def test_a_false_signature_is_refused_even_where_nothing_is_asked(start, close_reason,
                                                                  authorization):
    server = start(config(authorization))
    assert outcome(server, close_reason, {}) == OK
    assert outcome(server, close_reason, {"proxy_sig": PROXY.sign}) == OK
    assert outcome(server, close_reason, {"proxy_sig": FALSE.sign}) == UNTRUSTED


def test_without_trusted_keys_a_signature_means_nothing(start, close_reason):
    server = start(LISTEN + f"authorization {{ {USERS} }}\n")
    assert outcome(server, close_reason, {**A, "proxy_sig": "any"}) == OK
    assert outcome(server, close_reason, {**R, "proxy_sig": PROXY.sign}) == MISSING


@pytest.mark.parametrize("options, logged", [
    (R, "proxy connection required"), ({**A, "proxy_sig": FALSE.sign}, "proxy is not trusted"),
    ({**A, "proxy_sig": "!!"}, "Proxy signature not valid base64")])
def test_the_log_says_what_is_wrong_with_the_proxy(start, options, logged):
    server = start(config(), args=["-DV"])
    with ask_in(server, **options) as client:
        assert client.read_to_close() == VIOLATION
        who = f"127.0.0.1:{client.sock.getsockname()[1]} - cid:{client.info['client_id']}"
        server.wait_log(f"[DBG] {who} - {logged}\n")
        server.wait_log(f'[ERR] {who} - authentication error - User "{options["user"]}"\n')
        if callable(options.get("proxy_sig")):
            assert options["proxy_sig"](client.info["nonce"]) not in server.log()


def test_connz_shows_the_proxy(start, connection):
    server = start(config())
    for key in (PROXY, SECOND):
        with ask_in(server, **A, proxy_sig=key.sign) as client:
            assert is_let_in(client)
            assert connection(server, client.info["client_id"])["proxy"] == {"key": key.public}
    with ask_in(server, **A) as client:
        assert is_let_in(client)
        assert "proxy" not in connection(server, client.info["client_id"])


def test_varz_shows_the_trusted_keys(start):
    shown = start(config()).json("/varz")["proxies"]
    assert shown == {"trusted": [{"key": PROXY.public}, {"key": SECOND.public}]}


def test_clients_of_a_proxy_that_is_removed_are_closed(start, close_reason):
    server = start(config())
    with ask_in(server, **A, proxy_sig=PROXY.sign) as gone, \
            ask_in(server, **A, proxy_sig=SECOND.sign) as stays, ask_in(server, **A) as direct:
        assert all([is_let_in(client) for client in (gone, stays, direct)])
        server.reload(config(USERS, SECOND))
        assert gone.read_to_close() == VIOLATION
        assert close_reason(server, gone.info["client_id"]) == UNTRUSTED
        stays.expect_nothing()
        direct.expect_nothing()
    server.wait_log(f'Reloaded: proxies trusted keys ["{PROXY.public}"] were removed\n')
    assert not lets_in(server, **A, proxy_sig=PROXY.sign)


def test_a_proxy_may_be_added(start):
    server = start(config(USERS, SECOND))
    assert not lets_in(server, **R, proxy_sig=PROXY.sign)
    server.reload(config(USERS, SECOND, PROXY))
    server.wait_log(f'Reloaded: proxies trusted keys ["{PROXY.public}"] were added\n')
    assert lets_in(server, **R, proxy_sig=PROXY.sign)


def test_a_user_that_needs_a_proxy_from_now_on_is_closed(start, close_reason):
    server = start(config())
    with ask_in(server, **A) as gone, ask_in(server, **A, proxy_sig=PROXY.sign) as stays:
        assert is_let_in(gone) and is_let_in(stays)
        server.reload(config(USERS.replace("user: a,", "user: a, proxy_required: true,")))
        assert gone.read_to_close() == VIOLATION
        assert close_reason(server, gone.info["client_id"]) == MISSING
        stays.expect_nothing()


@pytest.mark.gannet_only("the reference crashes")
@pytest.mark.parametrize("first", [True, False])
def test_the_block_may_appear_and_disappear(start, first):
    without = f"{LISTEN}authorization {{ {USERS} }}\n"
    configs = [config(), without] if first else [without, config()]
    server = start(configs[0])
    for _ in range(2):
        for text, is_in in ((configs[1], not first), (configs[0], first)):
            server.reload(text)
            assert lets_in(server, **R, proxy_sig=PROXY.sign) == is_in


def test_a_key_that_is_missing_stops_the_start(start):
    server = start(LISTEN + "proxies { trusted: [{}] }\n", wait=False)
    assert server.wait_exit() == 1
    assert server.log() == 'nats-server: proxy trusted key "" is invalid\n'
