"""What the tests with real clients share: async tests, nats-py, a nats command of their own."""
import asyncio
import contextlib
import inspect

import pytest

from nats_command import NatsCommand


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem):
    """Runs `async def` tests in an event loop of their own."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    names = inspect.signature(pyfuncitem.obj).parameters
    asyncio.run(pyfuncitem.obj(**{name: pyfuncitem.funcargs[name] for name in names}))
    return True


@pytest.fixture
def connect(patience):
    """Connects nats-py to a server, closed at the end of the block: `async with connect(server)`.

    Fails at once instead of reconnecting for ever, unless the test asks for it."""
    nats_py = pytest.importorskip("nats")

    @contextlib.asynccontextmanager
    async def connected(server, **options):
        settings = {"servers": f"nats://{server.host}:{server.port}", "allow_reconnect": False,
                    "connect_timeout": patience, **options}
        client = await nats_py.connect(**settings)
        try:
            yield client
        finally:
            await client.close()

    return connected


@pytest.fixture
def cli(nats, tmp_path, patience) -> NatsCommand:
    """The nats command, with a home of its own."""
    command = NatsCommand(nats, tmp_path, patience)
    yield command
    command.stop_all()
