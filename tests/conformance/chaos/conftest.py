"""What the chaos tests share: a server under observation, and whole crowds of clients."""
import contextlib

import pytest

from bystanders import Bystanders

MIB = 1 << 20
MEMORY_SLACK = 8 * MIB  # pools of the server that have grown to their working size


def wait_memory(server, limit: int) -> None:
    """Waits until the server's memory is at most `limit`."""
    try:
        server.wait_for(lambda: server.status("VmRSS") <= limit, "memory to come back")
    except AssertionError:
        held = server.status("VmRSS") / MIB
        raise AssertionError(f"{held:.1f} MiB held, at most {limit / MIB:.1f} due") from None


@pytest.fixture
def undisturbed(pytestconfig, patience):
    """`with undisturbed(server):` around a scenario. A pair of clients exchanges messages all the
    while and must notice nothing; afterwards the server's memory must be within a fifth of what it
    was, and `slack`.

    The rule about memory is for Gannet: the reference gives memory back when its collector finds
    time for it, minutes later. Nor does it hold for builds that are slow because they keep what
    was freed (sanitizers)."""
    exact_memory = pytestconfig.getoption("--timeout-scale") == 1.0

    @contextlib.contextmanager
    def watched(server, slack=MEMORY_SLACK):
        with Bystanders(server, patience) as pair:
            pair.wait_rounds(20)
            before = server.status("VmRSS")
            yield pair
            pair.wait_rounds(20)
        assert server.process.poll() is None, server.log()[-4000:]
        if server.is_gannet and exact_memory:
            wait_memory(server, before * 6 // 5 + slack)

    return watched


@pytest.fixture
def descriptors(descriptors):
    """Raises the limit of open files, which the server inherits; skips if that is not allowed."""
    def at_least(count: int) -> None:
        if descriptors(count) < count:
            pytest.skip(f"the limit of open files is too low for {count} connections")

    return at_least


@pytest.fixture
def monitored(start):
    """A server of its own for a test, with monitoring. `config` follows the listen address.

    It remembers few closed connections: by default it may remember 10,000, and that much memory
    would not come back."""

    def started(config=""):
        return start("listen: 127.0.0.1:-1\nhttp: 127.0.0.1:-1\nmax_closed_clients: 100\n" + config)

    return started
