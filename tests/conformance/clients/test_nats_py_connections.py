"""nats-py connecting: restarts of the server, TLS, credentials, lame duck mode, discovery."""
import asyncio
import re
import signal
import ssl

import pytest

from settle import settle

nats = pytest.importorskip("nats")

LISTEN = "listen: 127.0.0.1:-1\n"
PASSWORD = "T0pS3cr3t"
# The hash of the password at the least cost there is.
BCRYPTED = "$2a$04$abcdefghijklmnopqrstuuUyFpOiWzGWVDnDmKeVigB.EOO4ZnJPe"
ROUTE_LINE = re.compile(r"Listening for route connections on 127\.0\.0\.1:(\d+)")

# What a client needs to come back soon, and for as long as a restart may take.
RECONNECTS = {"allow_reconnect": True, "reconnect_time_wait": 0.05, "max_reconnect_attempts": 600}


class Events:
    """Callbacks of a client, as events to wait for; errors are kept."""

    def __init__(self, patience: float):
        self.patience = patience
        self.happened = {}
        self.errors = []

    def __getitem__(self, name: str) -> asyncio.Event:
        return self.happened.setdefault(name, asyncio.Event())

    def on(self, name: str):
        async def callback():
            self[name].set()

        return callback

    async def on_error(self, error) -> None:
        self.errors.append(error)

    async def wait(self, name: str) -> None:
        await asyncio.wait_for(self[name].wait(), self.patience)


@pytest.fixture
def events(patience) -> Events:
    return Events(patience)


# ---- restarts

async def test_a_client_comes_back_after_a_restart_with_its_subscriptions(
        start, connect, events, patience):
    server = start()
    callbacks = {"disconnected_cb": events.on("disconnected"), "error_cb": events.on_error,
                 "reconnected_cb": events.on("reconnected")}
    async with connect(server, **RECONNECTS, **callbacks) as client:
        plain = await client.subscribe("after.*")
        queued = await client.subscribe("after.*", queue="q")
        await settle(client)
        server.signal(signal.SIGTERM)
        server.wait_exit()
        await events.wait("disconnected")
        await client.publish("after.offline", b"kept by the client")

        again = start(args=["-a", "127.0.0.1", "-p", server.port])
        await events.wait("reconnected")
        async with connect(again) as other:
            await other.publish("after.online", b"from the other")
            await settle(other)
        for subscription in (plain, queued):
            data = {(await subscription.next_msg(timeout=patience)).data for _ in range(2)}
            assert data == {b"kept by the client", b"from the other"}


async def test_a_client_survives_a_server_that_is_killed(start, connect, events, patience):
    server = start()
    callbacks = {"reconnected_cb": events.on("reconnected"), "error_cb": events.on_error}
    async with connect(server, **RECONNECTS, **callbacks) as client:
        subscription = await client.subscribe("a")
        await settle(client)
        server.signal(signal.SIGKILL)
        server.wait_exit()

        start(args=["-a", "127.0.0.1", "-p", server.port])
        await events.wait("reconnected")
        await client.publish("a", b"hi")
        assert (await subscription.next_msg(timeout=patience)).data == b"hi"


async def test_a_client_of_two_servers_moves_to_the_other(start, connect, events):
    first, second = start(), start()
    urls = [f"nats://127.0.0.1:{server.port}" for server in (first, second)]
    callbacks = {"reconnected_cb": events.on("reconnected"), "error_cb": events.on_error}
    async with connect(first, servers=urls, dont_randomize=True, **RECONNECTS,
                       **callbacks) as client:
        assert client.connected_url.port == first.port
        first.signal(signal.SIGTERM)
        await events.wait("reconnected")
        assert client.connected_url.port == second.port


# ---- TLS

def tls_config(certificates, more="") -> str:
    return LISTEN + (f'tls {{ cert_file: "{certificates}/server.pem", '
                     f'key_file: "{certificates}/server.key", '
                     f'ca_file: "{certificates}/ca.pem", {more} }}\n')


def client_tls(certificates, pair=None) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=f"{certificates}/ca.pem")
    if pair:
        context.load_cert_chain(f"{certificates}/{pair}.pem", f"{certificates}/{pair}.key")
    return context


@pytest.mark.parametrize("scheme", ["nats", "tls"])
async def test_tls_is_used_where_the_server_requires_it(
        start, connect, certificates, patience, scheme):
    server = start(tls_config(certificates))
    async with connect(server, servers=f"{scheme}://127.0.0.1:{server.port}",
                       tls=client_tls(certificates)) as client:
        subscription = await client.subscribe("a")
        body = b"x" * 500_000
        await client.publish("a", body)
        assert (await subscription.next_msg(timeout=patience)).data == body


async def test_tls_may_come_before_the_greeting(start, connect, certificates):
    server = start(tls_config(certificates, "handshake_first: true"))
    async with connect(server, servers=f"tls://127.0.0.1:{server.port}",
                       tls=client_tls(certificates), tls_handshake_first=True) as client:
        await settle(client)


async def test_a_server_certificate_of_unknown_origin_is_refused_by_the_client(
        start, connect, certificates):
    server = start(tls_config(certificates))
    with pytest.raises(ssl.SSLCertVerificationError):
        async with connect(server, tls=ssl.create_default_context()):
            pass


async def test_a_verified_client_needs_a_certificate(start, connect, certificates):
    server = start(tls_config(certificates, "verify: true"))
    async with connect(server, tls=client_tls(certificates, "client")) as client:
        await settle(client)
    with pytest.raises((ssl.SSLError, nats.errors.Error, ConnectionError)):
        async with connect(server, tls=client_tls(certificates)) as client:
            await settle(client)


async def test_reconnecting_over_tls_works(start, connect, certificates, events, patience):
    server = start(tls_config(certificates))
    fixed = tls_config(certificates).replace("-1", str(server.port), 1)
    callbacks = {"reconnected_cb": events.on("reconnected"), "error_cb": events.on_error}
    async with connect(server, tls=client_tls(certificates), **RECONNECTS, **callbacks) as client:
        subscription = await client.subscribe("a")
        await settle(client)
        server.signal(signal.SIGTERM)
        server.wait_exit()
        start(fixed)
        await events.wait("reconnected")
        await client.publish("a", b"hi")
        assert (await subscription.next_msg(timeout=patience)).data == b"hi"


# ---- credentials

CREDENTIALS = {
    "user and password": ("user: sue, password: wonder",
                          {"user": "sue", "password": "wonder"},
                          {"user": "sue", "password": "wrong"}),
    "bcrypted password": (f'user: sue, password: "{BCRYPTED}"',
                          {"user": "sue", "password": PASSWORD},
                          {"user": "sue", "password": BCRYPTED}),
    "token": ("token: open-sesame", {"token": "open-sesame"}, {"token": "open"}),
    "bcrypted token": (f'token: "{BCRYPTED}"', {"token": PASSWORD}, {"token": BCRYPTED}),
}


@pytest.mark.parametrize("block, good, bad", CREDENTIALS.values(), ids=CREDENTIALS.keys())
async def test_credentials_decide_who_gets_in(start, connect, block, good, bad):
    server = start(LISTEN + f"authorization {{ {block} }}\n")
    async with connect(server, **good) as client:
        await settle(client)
    for wrong in (bad, {}):
        with pytest.raises(nats.errors.Error, match="(?i)authorization violation"):
            async with connect(server, **wrong):
                pass


@pytest.mark.later_part("several users")
async def test_each_of_several_users_has_a_password(start, connect):
    server = start(LISTEN + "authorization { users: [{user: a, password: b},"
                            " {user: sue, password: wonder}] }\n")
    async with connect(server, user="sue", password="wonder") as client:
        await settle(client)
    with pytest.raises(nats.errors.Error, match="(?i)authorization violation"):
        async with connect(server, user="a", password="wonder"):
            pass


async def test_credentials_may_stand_in_the_url(start, connect):
    server = start(LISTEN + "authorization { user: sue, password: wonder }\n")
    async with connect(server, servers=f"nats://sue:wonder@127.0.0.1:{server.port}") as client:
        await settle(client)


@pytest.mark.later_part("several users")
async def test_a_publish_without_permission_is_reported_and_nothing_else(
        start, connect, events, patience):
    server = start(LISTEN + "authorization { users: [{ user: sue, password: wonder,"
                            " permissions: { publish: \"ok.>\", subscribe: \"ok.>\" } }] }\n")
    async with connect(server, user="sue", password="wonder",
                       error_cb=events.on_error) as client:
        subscription = await client.subscribe("ok.>")
        await client.publish("secret", b"")
        await client.publish("ok.a", b"fine")
        assert (await subscription.next_msg(timeout=patience)).data == b"fine"
        assert [str(error).lower() for error in events.errors] == [
            'nats: permissions violation for publish to "secret"']


# ---- news from the server

async def test_a_lame_duck_says_so_before_it_closes(start, connect, events):
    server = start(LISTEN + 'lame_duck_duration: 30s, lame_duck_grace_period: "100ms"\n')
    async with connect(server, lame_duck_mode_cb=events.on("lame duck"),
                       closed_cb=events.on("closed"), error_cb=events.on_error) as client:
        await settle(client)
        server.signal(signal.SIGUSR2)
        await events.wait("lame duck")
        await events.wait("closed")
    assert server.wait_exit() == 0


@pytest.mark.later_part("clusters")
async def test_a_server_that_joins_the_cluster_is_discovered(start, connect, events):
    cluster = LISTEN + "cluster {{ name: c, listen: 127.0.0.1:-1, routes: [{}] }}\n"
    first = start(cluster.format(""))
    route_port = first.wait_log(ROUTE_LINE)[1]
    async with connect(first, discovered_server_cb=events.on("discovered"),
                       error_cb=events.on_error) as client:
        await settle(client)
        assert {server.port for server in client.servers} == {first.port}
        second = start(cluster.format(f'"nats://127.0.0.1:{route_port}"'))
        await events.wait("discovered")
        assert {server.port for server in client.servers} == {first.port, second.port}
        assert [server.port for server in client.discovered_servers] == [second.port]
