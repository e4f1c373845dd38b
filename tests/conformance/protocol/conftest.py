"""What the protocol tests share: how a connection ended, and single exchanges."""
import pytest


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
