"""The monitoring port with TLS.

Spec: monitoring §1.1; checklist 10, 11.
"""
import hashlib
import http.client
import ssl

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from harness.client import Client

LISTEN = "listen: 127.0.0.1:-1\nhttps: 127.0.0.1:-1\n"
OK = b'{"status":"ok"}'


@pytest.fixture
def get(trust):
    """(status, Content-Type, body) of a request over TLS."""
    def request(server, path: str, context=None) -> tuple:
        connection = http.client.HTTPSConnection(
            "localhost", server.monitor_port, timeout=server.timeout, context=context or trust())
        try:
            connection.request("GET", path)
            got = connection.getresponse()
            return got.status, got.headers["Content-Type"], got.read()
        finally:
            connection.close()

    return request


@pytest.fixture
def secure(trust):
    """A TLS connection to the monitoring port."""
    def connect(server, context=None) -> Client:
        client = Client.to("127.0.0.1", server.monitor_port, server.timeout)
        client.start_tls(context or trust())
        return client

    return connect


def test_it_serves_the_same_pages(start, tls_block, get):
    server = start(LISTEN + tls_block())
    assert get(server, "/healthz") == (200, "application/json", OK)
    assert get(server, "/connz?limit=x")[:2] == (400, "text/plain; charset=utf-8")
    assert get(server, "/nope")[2] == b"404 page not found\n"
    assert get(server, "/")[1] == "text/html; charset=utf-8"
    assert b'"https_port": -1' in get(server, "/varz")[2]
    assert b'"http_port": 0' in get(server, "/varz")[2]


def test_the_log_says_so(start, tls_block):
    server = start(LISTEN + tls_block())
    server.wait_log(f"[INF] Starting https monitor on 127.0.0.1:{server.monitor_port}\n")


def test_base_path_and_counting_are_the_same(start, tls_block, get):
    server = start(LISTEN + "http_base_path: x\n" + tls_block())
    assert get(server, "/x/healthz")[2] == OK
    assert get(server, "/healthz")[0] == 404
    assert b'"/healthz": 1' in get(server, "/x/varz")[2]


@pytest.mark.parametrize("more", [
    "verify: true", "verify: true, pinned_certs: [\"%s\"]" % ("0" * 64)])
def test_no_certificate_is_asked_of_a_visitor(start, tls_block, get, trust, more):
    server = start(LISTEN + tls_block(more))
    assert get(server, "/healthz")[2] == OK
    assert get(server, "/healthz", trust("client"))[2] == OK


def test_what_the_client_port_does_first_does_not_matter(start, tls_block, get):
    server = start(LISTEN + tls_block("handshake_first: true"))
    assert get(server, "/healthz")[2] == OK


def test_it_shows_the_servers_certificate(start, certificates, tls_block, secure):
    def shown(server) -> str:
        with secure(server) as client:
            return hashlib.sha256(client.sock.getpeercert(binary_form=True)).hexdigest()

    def kept(name) -> str:
        certificate = x509.load_pem_x509_certificate((certificates / f"{name}.pem").read_bytes())
        der = certificate.public_bytes(serialization.Encoding.DER)
        return hashlib.sha256(der).hexdigest()

    server = start(LISTEN + tls_block())
    assert shown(server) == kept("server")
    with secure(server) as before:
        server.reload(LISTEN + tls_block(pair="server2"))
        assert shown(server) == kept("server2")
        before.send(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        before.read_until(OK)


def test_a_connection_is_kept(start, tls_block, secure):
    server = start(LISTEN + tls_block())
    with secure(server) as client:
        for _ in range(5):
            client.send(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            client.read_until(b"\r\n\r\n" + OK)
        client.send(b"GET /healthz HTTP/1.0\r\n\r\n")
        client.read_until(OK)
        assert client.read_to_close() == b""


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_versions_of_today_are_spoken(start, tls_block, get, trust, version):
    context = trust()
    context.minimum_version = context.maximum_version = version
    assert get(start(LISTEN + tls_block()), "/healthz", context)[2] == OK


@pytest.mark.parametrize("offered", [["http/1.1"], ["h2", "http/1.1"], ["h2"]])
def test_no_other_protocol_is_agreed_on(start, tls_block, trust, secure, offered):
    context = trust()
    context.set_alpn_protocols(offered)
    with secure(start(LISTEN + tls_block()), context) as client:
        assert client.sock.selected_alpn_protocol() is None
        client.send(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        client.read_until(OK)


def test_a_request_in_the_clear_is_explained(start, tls_block, monitor):
    server = start(LISTEN + tls_block())
    with monitor(server) as client:
        client.send(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        assert client.read_to_close() == (
            b"HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n")


@pytest.mark.parametrize("data", [b"\x16\x03\x01\x00\x05hello", b"\x00" * 100, b"junk\r\n\r\n"])
def test_junk_ends_its_connection_alone(start, tls_block, monitor, get, data):
    server = start(LISTEN + tls_block())
    with monitor(server) as client:
        client.send(data)
        client.read_to_close()
    assert get(server, "/healthz")[2] == OK


def test_a_handshake_in_progress_holds_up_nobody(start, tls_block, monitor, get):
    server = start(LISTEN + tls_block())
    with monitor(server) as client:
        client.send(b"\x16\x03\x01")
        assert get(server, "/healthz")[2] == OK


# ---- what cannot be started

def test_both_ports_at_once_are_an_error(run_server):
    done = run_server(["-p", "-1", "-m", "8222", "-ms", "8223"])
    assert done.returncode == 1
    assert "can't specify both HTTP (8222) and HTTPs (8223) ports" in done.stderr + done.stdout


def test_without_a_certificate_there_is_none(run_server):
    done = run_server(["-a", "127.0.0.1", "-p", "-1", "-ms", "-1"])
    assert done.returncode == 1
    assert "TLS cert and key required for HTTPS" in done.stderr + done.stdout
