"""What the protocol tests share: single exchanges."""
import pytest


@pytest.fixture
def exchange(server):
    """Sends bytes on a fresh connection; returns all the server answers up to its close."""
    def send(data: bytes) -> bytes:
        with server.raw() as client:
            client.read_info()
            client.send(data)
            return client.read_to_close()

    return send


@pytest.fixture
def talk(server):
    """Sends bytes and a PING on a fresh connection; returns what came before the PONG."""
    def send(data: bytes) -> bytes:
        with server.raw() as client:
            client.read_info()
            client.send(data)
            return client.ping()

    return send
