"""What the monitoring tests share: requests over HTTP, and connections found by their number."""
import dataclasses
import email.message
import http.client
import json

import pytest

from harness.client import Client


@dataclasses.dataclass
class Answer:
    """What came back for one request."""

    version: int
    status: int
    headers: email.message.Message
    body: bytes

    @property
    def kind(self) -> str:
        return self.headers["Content-Type"]

    @property
    def json(self):
        return json.loads(self.body)


def read_answer(connection: http.client.HTTPConnection) -> Answer:
    got = connection.getresponse()
    return Answer(got.version, got.status, got.headers, got.read())


@pytest.fixture(scope="session")
def ask():
    """One request on a connection of its own."""
    def request(server, path: str, method: str = "GET", body=None, **headers) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", server.monitor_port,
                                                timeout=server.timeout)
        try:
            connection.request(method, path, body, headers)
            return read_answer(connection)
        finally:
            connection.close()

    return request


@pytest.fixture(scope="session")
def monitor():
    """A TCP connection to the monitoring port, for requests written byte by byte."""
    return lambda server: Client.to("127.0.0.1", server.monitor_port, server.timeout)


@pytest.fixture(scope="session")
def row():
    """What /connz says of one open connection, or None."""
    def look(server, client, query: str = ""):
        found = server.json(f"/connz?limit=100000&{query}")["connections"]
        cid = client.info["client_id"]
        return next((one for one in found if one["cid"] == cid), None)

    return look


@pytest.fixture(scope="session")
def closed_row():
    """Waits until a connection stands among the closed ones; returns what /connz says of it."""
    def look(server, cid: int, query: str = ""):
        def find():
            found = server.json(f"/connz?state=closed&limit=100000&{query}")["connections"]
            return [one for one in found if one["cid"] == cid]

        return server.wait_for(find, f"connection {cid} among the closed ones")[0]

    return look
