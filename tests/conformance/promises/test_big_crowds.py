"""Crowds that no client library could make: tens of thousands of connections, and ten thousand TLS
handshakes at once. gannet-bench, which stands beside the server, makes them."""
import json
import os
import pathlib
import subprocess

import pytest

from traffic import Pair

pytestmark = [pytest.mark.gannet_only("holds crowds beyond the reference's"), pytest.mark.slow,
              pytest.mark.timeout(300)]

CROWD = 50_000
HANDSHAKES = 10_000


@pytest.fixture
def bench(server_path):
    """Starts gannet-bench in a mode; `finish` returns its report."""
    path = pathlib.Path(server_path).parent / "gannet-bench"
    if not path.exists():
        pytest.skip("gannet-bench is not built")
    running = []

    def start(mode, server, *args, is_crowd=False):
        process = subprocess.Popen(
            [path, mode, "--server", f"{server.host}:{server.port}", "--pid", str(server.pid),
             "--json", *map(str, args)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            preexec_fn=yield_to_all if is_crowd else None)
        running.append(process)
        return process

    yield start
    for process in running:
        process.kill()
        process.wait()
        process.stdout.close()
        process.stderr.close()


def yield_to_all() -> None:
    """The crowd's own cryptography takes only what the machine has to spare."""
    os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))


def finish(process) -> dict:
    out, err = process.communicate(timeout=240)
    assert process.returncode == 0, err[-2000:]
    return json.loads(out)


def test_tens_of_thousands_of_connections_stay_up(serve, bench, descriptors, pytestconfig):
    """50,000, or as many as one process may open files for."""
    count = descriptors(CROWD)
    server = serve()
    with Pair(server) as pair:
        report = finish(bench("idle", server, "--connections", count))
        rounds = pair.rounds
        server.wait_for(lambda: pair.failure or pair.rounds > rounds + 50, "the pair to go on")
    assert report["units"] == count, report
    assert server.json("/varz")["total_connections"] == count + 2
    if pytestconfig.getoption("--timeout-scale") == 1.0:
        assert report["per_connection"]["private_bytes"] <= 4096, report


def test_ten_thousand_tls_clients_come_in_at_once_beside_traffic(serve, bench, certificates,
                                                                 descriptors):
    """Their own cryptography shares the machine with the server's: hence the long timeouts. The
    bound is for machines that do other work besides; on a quiet one the figure is a small part."""
    count = descriptors(HANDSHAKES)
    server = serve(f"""allow_non_tls: true
        authorization {{ timeout: 60 }}
        tls {{ cert_file: {certificates}/server.pem, key_file: {certificates}/server.key
               timeout: 60 }}""")
    traffic = bench("request", server, "--rate", 500, "--seconds", 5)
    crowd = finish(bench("connect", server, "--tls", "--connections", count,
                         "--concurrency", count, is_crowd=True))
    assert crowd["units"] == count, crowd
    assert "TLS handshake error" not in server.log()
    p99_us = finish(traffic)["latency"]["p99_us"]
    print(f"p99 of requests beside {count} handshakes: {p99_us} us")
    assert p99_us < 30_000
