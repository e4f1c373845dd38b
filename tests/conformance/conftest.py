"""Options and fixtures of the black-box tests. The server under test is a path: --server."""
import os
import pathlib
import resource
import shutil
import ssl
import subprocess
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from harness import certificates as certificate_files  # noqa: E402
from harness.server import Server, is_gannet  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
OWN_DESCRIPTORS = 1000  # of the tests, beside the connections they make
SETS_ADDRESS = ("-a", "--addr", "--net", "-p", "--port")


def pytest_addoption(parser):
    parser.addoption("--server", default=str(ROOT / "build/release/nats-server"),
                     help="server binary to test")
    parser.addoption("--nats", default=os.path.expanduser("~/go/bin/nats"),
                     help="the nats command; tests that need it are skipped without")
    parser.addoption("--server-arg", action="append", default=[],
                     help="argument added to every server that is started")
    parser.addoption("--timeout-scale", type=float, default=1.0,
                     help="multiplies every timeout, for slow builds")


def pytest_collection_modifyitems(config, items):
    elsewhere, why = ("later_part", "not built yet") if is_gannet(
        config.getoption("--server")) else ("gannet_only", "Gannet only")
    is_exact = config.getoption("--timeout-scale") == 1.0
    for item in items:
        if item.get_closest_marker("exact_memory") and not is_exact:
            item.add_marker(pytest.mark.skip(reason="memory is not exact in slow builds"))
        mark = item.get_closest_marker(elsewhere)
        if mark:
            item.add_marker(pytest.mark.skip(reason=f"{why}: {mark.args[0]}"))


@pytest.fixture(scope="session")
def server_path(pytestconfig) -> str:
    return os.path.abspath(pytestconfig.getoption("--server"))


@pytest.fixture(scope="session")
def patience(pytestconfig) -> float:
    return 10.0 * pytestconfig.getoption("--timeout-scale")


@pytest.fixture(scope="session")
def nats(pytestconfig) -> str:
    """The nats command."""
    path = pytestconfig.getoption("--nats")
    found = path if os.path.exists(path) else shutil.which("nats")
    if not found:
        pytest.skip("the nats command is not installed")
    return found


class Starter:
    """Starts servers and ends exactly those."""

    def __init__(self, path, extra, timeout, new_folder):
        self.path = path
        self.extra = extra
        self.timeout = timeout
        self.new_folder = new_folder
        self.servers = []

    def __call__(self, config=None, args=(), wait=True, listen=True, **how) -> Server:
        """`listen`: bind to a free port of the loopback, unless the test says where. `how`: the
        `env`, the `path` of another program, a `wrapper` for the command."""
        folder = pathlib.Path(self.new_folder())
        command = [how.get("path", self.path), *self.extra]
        config_path = None
        if config is not None:
            config_path = folder / "nats.conf"
            config_path.write_text(config)
            command += ["-c", str(config_path)]
        args = [str(arg) for arg in args]
        says_where = any(arg.split("=")[0] in SETS_ADDRESS for arg in args)
        if listen and not says_where and not (config and "listen" in config.split("{")[0]):
            command += ["-a", "127.0.0.1", "-p", "-1"]
        server = Server(command + args, folder, how.get("env") or {}, self.timeout,
                        how.get("wrapper", ()))
        server.config_path = config_path
        self.servers.append(server)
        return server.wait_ready() if wait else server

    def stop_all(self):
        for server in self.servers:
            server.stop()


@pytest.fixture
def start(pytestconfig, server_path, patience, tmp_path_factory):
    starter = Starter(server_path, pytestconfig.getoption("--server-arg"), patience,
                      lambda: tmp_path_factory.mktemp("server"))
    yield starter
    starter.stop_all()


@pytest.fixture(scope="module")
def server(pytestconfig, server_path, patience, tmp_path_factory):
    """One server with the default configuration and monitoring, for all tests of a file."""
    starter = Starter(server_path, pytestconfig.getoption("--server-arg"), patience,
                      lambda: tmp_path_factory.mktemp("server"))
    yield starter(args=["-m", "-1"])
    starter.stop_all()


@pytest.fixture(scope="session")
def run_server(server_path, patience):
    """Runs an invocation that ends by itself."""

    def run(args, env=None, stdin=None, timeout=2 * patience):
        return subprocess.run([server_path, *[str(arg) for arg in args]], input=stdin,
                              env={**os.environ, **(env or {})}, capture_output=True, text=True,
                              timeout=timeout)

    return run


@pytest.fixture(scope="session")
def certificates(tmp_path_factory) -> pathlib.Path:
    """A folder with an authority `ca`, its pairs `server`, `server2`, `client`, and `junk.pem`."""
    folder = tmp_path_factory.mktemp("certificates")
    certificate_files.write_all(folder)
    return folder


@pytest.fixture(scope="session")
def key_pin(certificates):
    """The hex SHA-256 of the public key in a certificate, as `pinned_certs` lists it."""
    return lambda name: certificate_files.key_pin(certificates, name)


@pytest.fixture(scope="session")
def trust(certificates):
    """A client's TLS context that trusts the authority; with the client's pair if asked for."""
    def context(pair=None) -> ssl.SSLContext:
        made = ssl.create_default_context(cafile=str(certificates / "ca.pem"))
        if pair:
            made.load_cert_chain(certificates / f"{pair}.pem", certificates / f"{pair}.key")
        return made

    return context


@pytest.fixture(scope="session")
def tls_block(certificates):
    """The text of a `tls` block with the server's pair and more entries."""
    def block(more: str = "", pair: str = "server") -> str:
        return (f'tls {{ cert_file: "{certificates}/{pair}.pem"\n'
                f'key_file: "{certificates}/{pair}.key"\nca_file: "{certificates}/ca.pem"\n'
                f"{more} }}\n")

    return block


@pytest.fixture(scope="session")
def close_reason():
    """Waits until a connection stands among the closed ones; returns the reason shown there."""
    def reason(server, cid: int) -> str:
        def find():
            closed = server.json("/connz?state=closed&limit=10000")["connections"]
            return [one["reason"] for one in closed if one["cid"] == cid]

        return server.wait_for(find, f"connection {cid} among the closed ones")[0]

    return reason


@pytest.fixture(scope="session")
def connection():
    """What /connz says of one open connection, or None."""
    def look(server, cid: int, query: str = ""):
        found = server.json(f"/connz?subs=detail&limit=10000{query}")["connections"]
        return next((one for one in found if one["cid"] == cid), None)

    return look


@pytest.fixture
def descriptors():
    """Raises the limit of open files, which servers inherit; returns how many connections fit."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)

    def at_most(count: int) -> int:
        wanted = min(count + OWN_DESCRIPTORS, before[1])
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(before[0], wanted), before[1]))
        return min(count, wanted - OWN_DESCRIPTORS)

    yield at_most
    resource.setrlimit(resource.RLIMIT_NOFILE, before)
