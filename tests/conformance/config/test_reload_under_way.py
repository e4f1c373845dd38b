"""What outlives a reload keeps the settings that it began with: listeners, greetings, handshakes.

Spec: config-and-cli §8.4, "new connections use the new certificates; existing connections stay".
"""
import http.client
import ssl

import pytest

from harness.client import Client

CLOSES_ALL = "the reference closes what is still in its greeting at each reload"
LISTEN = "listen: 127.0.0.1:-1\n"
PROXY = b"PROXY TCP4 192.0.2.1 192.0.2.2 1234 4222\r\n"


def finish(client, context, has_info=True) -> None:
    """The rest of a greeting, inside TLS."""
    client.start_tls(context)
    if not has_info:
        client.read_info()
    client.connect()
    assert client.ping() == b""


# How far a connection has come when the block goes: what the configuration has beside the block,
# what the block has beside the files, whether INFO was read, what was sent.
STEPS = {
    "nothing was sent": ("", "", True, b""),
    "a part of the handshake": ("", "", True, b"\x16\x03\x01"),
    "either is possible": ("allow_non_tls: true\n", "", True, b""),
    "the client is to speak first": ("", "handshake_first: true", False, b""),
    "the fallback is awaited": ("", "handshake_first: 30s", False, b""),
    "the header of a proxy is awaited": ("proxy_protocol: true\n", "", True, b""),
    "a proxy, and the client is to speak first":
        ("proxy_protocol: true\n", "handshake_first: true", False, b""),
}


@pytest.mark.gannet_only(CLOSES_ALL)
@pytest.mark.parametrize("step", STEPS)
def test_a_greeting_goes_on_when_the_tls_block_goes(start, tls_block, trust, step):
    more, in_block, has_info, sent = STEPS[step]
    server = start(LISTEN + more + tls_block(in_block))
    with server.raw() as client:
        if has_info:
            client.read_info()
        elif "proxy" in more:
            client.send(PROXY[:10])
        client.send(sent)
        server.reload(LISTEN + more)
        if "proxy" in more:
            client.send(PROXY if has_info else PROXY[10:])
        if sent:
            send_rest_of_hello(client, sent)
        else:
            finish(client, trust(), has_info)
    with server.raw() as client:
        if "proxy" in more:
            client.send(PROXY)
        client.handshake()


def send_rest_of_hello(client, begun: bytes) -> None:
    """Sends a hello without the bytes that went before; the server answers with its own."""
    out = ssl.MemoryBIO()
    context = ssl.create_default_context()
    hello = context.wrap_bio(ssl.MemoryBIO(), out, server_hostname="localhost")
    with pytest.raises(ssl.SSLWantReadError):
        hello.do_handshake()
    data = out.read()
    assert data.startswith(begun)
    client.send(data[len(begun):])
    assert client.read_exactly(3)[:2] == b"\x16\x03"


@pytest.mark.gannet_only(CLOSES_ALL)
def test_a_greeting_stays_plain_when_a_tls_block_comes(start, tls_block):
    server = start(LISTEN + "proxy_protocol: true\n")
    with server.raw() as client:
        client.read_info()
        server.reload(LISTEN + "proxy_protocol: true\n" + tls_block())
        client.send(PROXY)
        client.connect()
        assert client.ping() == b""


@pytest.mark.gannet_only("the reference's listener takes no more requests then")
def test_https_monitoring_goes_on_when_the_tls_block_goes(start, tls_block, trust):
    server = start(LISTEN + "https: 127.0.0.1:-1\n" + tls_block())
    server.reload(LISTEN + "https: 127.0.0.1:-1\n")
    for _ in range(2):
        assert health(server, trust()) == b'{"status":"ok"}'
    server.reload(LISTEN + "https: 127.0.0.1:-1\n" + tls_block(pair="server2"))
    assert health(server, trust()) == b'{"status":"ok"}'


def test_a_handshake_of_the_monitoring_port_outlives_its_certificates(start, tls_block, trust):
    config = LISTEN + "https: 127.0.0.1:-1\n"
    server = start(config + tls_block())
    with Client.to("127.0.0.1", server.monitor_port, server.timeout) as client:
        assert health(server, trust()) == b'{"status":"ok"}'  # the other one was accepted before
        server.reload(config + tls_block(pair="server2"))
        client.start_tls(trust())
        client.send(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        client.read_until(b'{"status":"ok"}')


@pytest.mark.gannet_only(CLOSES_ALL)
def test_a_handshake_by_server_name_outlives_the_list_of_certificates(start, certificates, trust):
    pairs = ", ".join(f"{{cert_file: {path}.pem, key_file: {path}.key}}"
                      for path in (certificates / "server", certificates / "server2"))
    server = start(LISTEN + f"tls {{ certs: [{pairs}] }}\n")
    with server.raw() as client:
        client.read_info()
        server.reload(LISTEN)
        finish(client, trust())


def health(server, context) -> bytes:
    connection = http.client.HTTPSConnection("localhost", server.monitor_port,
                                             timeout=server.timeout, context=context)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().read()
    finally:
        connection.close()
