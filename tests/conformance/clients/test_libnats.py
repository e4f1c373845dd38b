"""The C client library, through a small program of ours: libnats_client.c."""
import pathlib
import shutil
import subprocess

import pytest

LISTEN = "listen: 127.0.0.1:-1\n"
STEPS = ["connect", "synchronous", "asynchronous", "queue_group", "request", "headers",
         "no_responders", "round_trip", "auto_unsubscribe", "max_payload", "drain"]


@pytest.fixture(scope="session")
def program(tmp_path_factory) -> pathlib.Path:
    """The compiled program."""
    compiler = shutil.which("cc")
    if not compiler:
        pytest.skip("no C compiler")
    found = subprocess.run([compiler, "-E", "-include", "nats/nats.h", "-xc", "/dev/null"],
                           capture_output=True, check=False)
    if found.returncode != 0:
        pytest.skip("the C client library is not installed")
    path = tmp_path_factory.mktemp("libnats") / "libnats_client"
    subprocess.run([compiler, "-std=c11", "-Wall", "-Wextra", "-Werror", "-o", path,
                    pathlib.Path(__file__).with_name("libnats_client.c"), "-lnats"], check=True)
    return path


@pytest.fixture(scope="module")
def results(program, server, patience) -> dict:
    """What the program says of each step against a server with the default configuration."""
    return run(program, f"nats://127.0.0.1:{server.port}", patience)


def run(program, url: str, patience: float) -> dict:
    done = subprocess.run([program, url], capture_output=True, text=True,
                          timeout=4 * patience, check=False)
    lines = [line.split(" ", 1) for line in done.stdout.splitlines()]
    return {rest.split(":")[0]: "ok" if how == "ok" else rest for how, rest in lines}


@pytest.mark.parametrize("step", STEPS)
def test_each_step_does_what_it_should(results, step):
    assert results.get(step) == "ok", results


def test_all_steps_pass_for_a_user_with_password(program, start, patience):
    server = start(LISTEN + "authorization { user: sue, password: wonder }\n")
    got = run(program, f"nats://sue:wonder@127.0.0.1:{server.port}", patience)
    assert got == {step: "ok" for step in STEPS}


def test_a_wrong_password_is_an_authentication_failure(program, start, patience):
    server = start(LISTEN + "authorization { user: sue, password: wonder }\n")
    got = run(program, f"nats://sue:wrong@127.0.0.1:{server.port}", patience)
    assert got == {"connect": "connect: Authentication Violation"}
