"""What the protocol tests share: how a connection ended, and what its TLS sides need."""
import ssl

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
    def block(more: str = "") -> str:
        return (f'tls {{ cert_file: "{certificates}/server.pem"\n'
                f'key_file: "{certificates}/server.key"\nca_file: "{certificates}/ca.pem"\n'
                f"{more} }}\n")

    return block
