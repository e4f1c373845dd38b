"""The nats command as one of several users: with passwords, seeds and certificates.

Spec: accounts-and-auth §3 to §5.
"""
import re

import pytest

from harness.nkeys import Key

pytestmark = pytest.mark.later_part("users and permissions")

LISTEN = "listen: 127.0.0.1:-1\n"
KEY = Key.of(1)
OF_B = "$2a$04$abcdefghijklmnopqrstuu12f.Pu8ic0A965BfTwGcW6x7Xin9Xgu"  # bcrypt of "b"
CREDENTIALS = """-----BEGIN NATS USER JWT-----
e30.e30.e30
------END NATS USER JWT------

-----BEGIN USER NKEY SEED-----
%s
------END USER NKEY SEED------
"""


def users(*rows: str) -> str:
    entries = "".join(f"{{ {row} }}\n" for row in rows)
    return f"{LISTEN}authorization {{ users: [\n{entries}] }}\n"


def test_a_user_with_a_password_publishes(cli, start):
    server = start(users("user: a, password: b", f'user: h, password: "{OF_B}"'))
    for user in ("a", "h"):
        assert cli.run(server, "--user", user, "--password", "b", "pub", "x", "y") == (
            'Published 1 bytes to "x"\n')
        text = cli.run(server, "--user", user, "--password", "no", "pub", "x", "y", code=1)
        assert "Authorization Violation" in text


def test_a_seed_in_a_file_is_enough(cli, start, tmp_path):
    server = start(users(f"nkey: {KEY.public}"))
    (tmp_path / "seed").write_text(KEY.seed + "\n")
    (tmp_path / "other").write_text(Key.of(2).seed)
    assert cli.run(server, "--nkey", tmp_path / "seed", "pub", "x", "y") == (
        'Published 1 bytes to "x"\n')
    assert "Authorization Violation" in cli.run(
        server, "--nkey", tmp_path / "other", "pub", "x", "y", code=1)


def test_a_key_that_the_command_made_is_a_users(cli, start, server, tmp_path):
    seed = re.search(r"SU[A-Z2-7]{56}", cli.run(server, "auth", "nkey", "gen", "user"))[0]
    key = Key.from_seed(seed)
    (tmp_path / "seed").write_text(seed)
    with_key = start(users(f"nkey: {key.public}"))
    cli.run(with_key, "--nkey", tmp_path / "seed", "pub", "x", "y")


def test_credentials_are_for_servers_with_an_operator(cli, start, tmp_path):
    server = start(users(f"nkey: {KEY.public}"))
    (tmp_path / "creds").write_text(CREDENTIALS % KEY.seed)
    assert "Authorization Violation" in cli.run(
        server, "--creds", tmp_path / "creds", "pub", "x", "y", code=1)


def test_a_certificate_names_its_user(cli, start, certificates, tls_block):
    server = start(LISTEN + tls_block("verify_and_map: true")
                   + 'authorization { users: [{user: "CN=other"}, {user: localhost}] }\n')
    cli.run(server, "--tlsca", certificates / "ca.pem", "--tlscert", certificates / "client.pem",
            "--tlskey", certificates / "client.key", "pub", "x", "y")


def test_a_refused_subject_is_told(cli, start):
    server = start(users("user: a, password: b, permissions: { publish: ok, subscribe: ok }"))
    login = ("--user", "a", "--password", "b")
    text = cli.run(server, *login, "sub", "secret", "--count", 1, code=1)
    assert 'permissions violation for subscription to "secret"' in text.lower()


def test_a_request_is_answered_by_a_user_who_may_only_answer(cli, start):
    server = start("http: 127.0.0.1:-1\n" + users(
        "user: a, password: b",
        "user: s, password: b, permissions: { subscribe: service, allow_responses: true }"))
    running = cli.start(server, "--user", "s", "--password", "b", "reply", "service", "fine",
                        "--count", 2)
    server.wait_for(lambda: [one for one in server.json("/connz?auth=1")["connections"]
                             if one.get("authorized_user") == "s" and one["subscriptions"]],
                    "the service's subscription")
    for _ in range(2):
        text = cli.run(server, "--user", "a", "--password", "b", "request", "service", "x")
        assert "fine" in text
    running.stop()
