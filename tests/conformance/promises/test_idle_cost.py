"""What a connection costs that does nothing."""
import pytest

from traffic import flush

pytestmark = [pytest.mark.gannet_only("promises at most 4 KiB for an idle connection"),
              pytest.mark.exact_memory]

COUNT = 2000
MOST_BYTES = 4096


def connect(server, count: int, kind: str) -> list:
    clients = []
    for number in range(count):
        client = server.connect(name="idle", lang="python", version="1", protocol=1)
        client.send(b"SUB %s.%d 1\r\n" % (kind.encode(), number))
        flush(client)
        clients.append(client)
    return clients


@pytest.mark.parametrize("shards", [1, 2])
def test_an_idle_connection_with_a_subscription_costs_at_most_4_kib(serve, descriptors, shards):
    count = descriptors(COUNT)
    server = serve(f"shards: {shards}")
    warm = connect(server, 50, "warm")  # pools and tables have their first size
    before = server.status("VmRSS")
    crowd = connect(server, count, "idle")
    each = (server.status("VmRSS") - before) / count
    assert each <= MOST_BYTES, f"{each:.0f} bytes each"
    assert server.json("/varz")["connections"] == len(warm + crowd)
    for client in warm + crowd:
        client.close()


def test_a_connection_that_was_busy_costs_no_more_when_it_is_idle_again(serve, descriptors):
    count = descriptors(COUNT)
    server = serve("shards: 1")
    warm = connect(server, 50, "warm")
    before = server.status("VmRSS")
    crowd = connect(server, count, "busy")
    payload = b"x" * 20_000
    for number, client in enumerate(crowd):
        client.send(b"PUB busy.%d %d\r\n%s\r\n" % (number, len(payload), payload))
        assert client.ping().endswith(payload + b"\r\n")
    server.wait_for(lambda: server.status("VmRSS") - before <= MOST_BYTES * count,
                    "memory to come back")
    for client in warm + crowd:
        client.close()
