"""What the tests of Gannet's own promises share. Spec: docs/spec/client-protocol.md §10 and the
options that the reference does not have."""
import pytest

from shard_threads import Spread


@pytest.fixture
def serve(start):
    """A server of its own for a test, on free ports and with monitoring; `config` follows."""

    def started(config="", **how):
        return start(f"host: 127.0.0.1\nport: -1\nhttp: 127.0.0.1:-1\n{config}\n", listen=False,
                     **how)

    return started


@pytest.fixture
def spread(serve, certificates):
    """Clients of a server with two shards, on the shard that a test asks for."""
    made = []

    def started(config="") -> Spread:
        server = serve(f"""shards: 2
            allow_non_tls: true
            tls {{ cert_file: {certificates}/server.pem, key_file: {certificates}/server.key }}
            {config}""")
        made.append(Spread(server))
        return made[-1]

    yield started
    for one in made:
        one.close()
