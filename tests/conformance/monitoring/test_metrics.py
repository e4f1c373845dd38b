"""/metrics: what Gannet tells Prometheus without an exporter.

Spec: monitoring §21. Names and numbers are those of the exporter for the reference.
"""
import re

import pytest

from harness.client import Client

pytestmark = pytest.mark.gannet_only("metrics without an exporter")

LISTEN = "listen: 127.0.0.1:-1\nhttp: 127.0.0.1:-1\n"
NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
SAMPLE = re.compile(r"(?P<name>[a-zA-Z_:][a-zA-Z0-9_:]*)(\{(?P<labels>.*)\})? (?P<value>\S+)")
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"(?:,|$)')
MOVING = {"gnatsd_varz_mem", "gnatsd_varz_cpu", "gannet_memory_used_bytes"}


def types(text: str) -> dict:
    """The type of each name."""
    return dict(re.findall(r"^# TYPE (\S+) (\S+)$", text, re.M))


def parse(text: str) -> list:
    """(name, labels, value) of each sample; checks what the format demands."""
    assert text.endswith("\n")
    types, helps, samples, done = {}, {}, [], set()
    for line in text.splitlines():
        if line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            assert NAME.fullmatch(name) and name not in types, line
            assert kind in ("counter", "gauge", "histogram", "summary", "untyped"), line
            types[name] = kind
        elif line.startswith("# HELP "):
            name = line.split(" ")[2]
            assert name not in helps and name not in types, line
            helps[name] = line.split(" ", 3)[3]
        else:
            found = SAMPLE.fullmatch(line)
            assert found, line
            name = found["name"]
            assert name in types, f"no type before {line}"
            assert name not in done or samples[-1][0] == name, f"{name} is in two places"
            done.add(name)
            labels = LABEL.findall(found["labels"] or "")
            assert "".join(f'{key}="{value}",' for key, value in labels) == (
                (found["labels"] or "").rstrip(",") + ("," if found["labels"] else "")), line
            assert len({key for key, _ in labels}) == len(labels), line
            samples.append((name, dict(labels), float(found["value"])))
    keys = [(name, tuple(sorted(labels.items()))) for name, labels, _ in samples]
    assert len(set(keys)) == len(keys)
    return samples


def scrape(server) -> dict:
    """The values by name; those of several samples are a list."""
    status, body = server.get("/metrics")
    assert status == 200
    values = {}
    for name, _, value in parse(body):
        values[name] = value if name not in values else [values[name], value]
    return values


def numbers(prefix: str, document: dict):
    """What the exporter makes of a document: (name, value) of each number in it."""
    for name, value in document.items():
        path = prefix + ("" if name.startswith("/") else "_") + name.replace("/", "_")
        if type(value) in (int, float):
            yield name if name.startswith("gannet_") else path, value
        elif isinstance(value, dict):
            yield from numbers(path, value)


def test_it_is_text_for_prometheus(server, ask):
    got = ask(server, "/metrics")
    assert got.status == 200
    assert got.kind == "text/plain; version=0.0.4; charset=utf-8"
    assert len(parse(got.body.decode())) > 60


def test_each_name_is_explained(server):
    text = server.get("/metrics")[1]
    types = re.findall(r"^# TYPE (\S+) ", text, re.M)
    helps = re.findall(r"^# HELP (\S+) \S", text, re.M)
    assert helps == types


def test_it_needs_no_parameters_and_is_not_counted(server, ask):
    before = server.json("/varz")["http_req_stats"]
    assert ask(server, "/metrics?limit=x").status == 200
    after = server.json("/varz")["http_req_stats"]
    assert after == {**before, "/varz": before["/varz"] + 1}


def test_it_stands_below_the_base_path(start, ask):
    server = start(LISTEN + "http_base_path: base\n")
    assert ask(server, "/base/metrics").status == 200
    assert ask(server, "/metrics").status == 404


def samples_of(server) -> list:
    return parse(server.get("/metrics")[1])


def test_the_server_is_named_everywhere(start):
    server = start(LISTEN + "server_name: harbour\n")
    for name, labels, _ in samples_of(server):
        assert labels.get("server_id") == "harbour", name
    [shown] = [labels["value"] for name, labels, _ in samples_of(server)
               if name == "gnatsd_varz_server_id"]
    assert shown == server.json("/varz")["server_id"] != "harbour"


def test_every_series_goes_on_when_the_server_starts_again(start):
    def series():
        server = start(LISTEN + "server_name: harbour\nshards: 2\n")
        with server.connect():
            found = {(name, *labels.items()) for name, labels, _ in samples_of(server)
                     if name != "gnatsd_varz_server_id" and name != "gnatsd_subsz_server_id"}
        server.stop()
        return found

    assert series() == series()


def test_without_a_name_the_id_names_it(server):
    varz = server.json("/varz")
    assert {labels["server_id"] for _, labels, _ in samples_of(server)} == {varz["server_id"]}


COUNTERS = {
    "gnatsd_varz": ["in_msgs", "in_bytes", "out_msgs", "out_bytes", "in_client_msgs",
                    "in_client_bytes", "out_client_msgs", "out_client_bytes", "total_connections",
                    "slow_consumers", "stale_connections", "stalled_clients",
                    "http_req_stats_varz", "slow_consumer_stats_clients",
                    "stale_connection_stats_clients", "disk_io_wait_stats_waits",
                    "disk_io_wait_stats_wait_time"],
    "gnatsd_subsz": ["num_inserts", "num_removes", "num_matches"],
    "gannet": ["memory_cuts_total", "log_lines_dropped_total"],
}
GAUGES = ["gnatsd_varz_connections", "gnatsd_varz_mem", "gnatsd_varz_cpu", "gnatsd_varz_start",
          "gnatsd_varz_subscriptions", "gnatsd_varz_max_payload", "gnatsd_varz_server_name",
          "gnatsd_varz_disk_io_wait_stats_waiters", "gnatsd_varz_disk_io_wait_stats_max_wait_time",
          "gnatsd_connz_in_msgs", "gnatsd_connz_num_connections", "gnatsd_subsz_num_cache",
          "gnatsd_subsz_num_subscriptions", "gnatsd_healthz_status", "gannet_slow_receivers",
          "gannet_build_info", "gannet_max_memory_bytes", "gannet_memory_used_bytes",
          "gannet_shard_load"]


def test_what_only_grows_is_a_counter(server):
    server.get("/varz")
    shown = types(server.get("/metrics")[1])
    counters = [f"{prefix}_{name}" for prefix in COUNTERS for name in COUNTERS[prefix]]
    assert {name: shown.get(name) for name in counters} == dict.fromkeys(counters, "counter")
    assert {name: shown.get(name) for name in GAUGES} == dict.fromkeys(GAUGES, "gauge")


def test_no_counter_falls_when_clients_leave(busy):
    before = scrape(busy)
    counters = [name for name, kind in types(busy.get("/metrics")[1]).items() if kind == "counter"]
    with busy.connect() as client:
        client.send(b"SUB x 1\r\nPUB x 1\r\nx\r\nUNSUB 1\r\n")
        client.ping()
    busy.wait_for(lambda: busy.json("/connz")["total"] == 2, "the client to leave")
    after = scrape(busy)
    assert {name: (before[name], after[name]) for name in counters
            if name in before and after[name] < before[name]} == {}


def test_it_says_which_build_it_is(server):
    varz = server.json("/varz")
    [labels] = [labels for name, labels, value in samples_of(server)
                if (name, value) == ("gannet_build_info", 1)]
    assert labels == {"server_id": varz["server_name"], "version": varz["gannet_version"],
                      "revision": varz.get("gannet_git_commit", ""),
                      "nats_server_version": varz["version"]}


def test_the_load_of_each_shard_is_a_gauge(start):
    server = start(LISTEN + "shards: 3\n")
    loads = [(labels["shard"], value) for name, labels, value in samples_of(server)
             if name == "gannet_shard_load"]
    assert [shard for shard, _ in loads] == ["0", "1", "2"]
    assert all(0 <= value <= 1 for _, value in loads)


@pytest.fixture
def busy(start):
    """A server with two clients and messages behind it."""
    server = start(LISTEN + "max_subscriptions: 100\n")
    with server.connect(name='a "name" \\ of\nlines') as client, server.connect() as other:
        other.send(b"SUB a.* 1\r\nSUB b q 2\r\n")
        other.ping()
        client.send(b"PUB a.x 5\r\nhello\r\n" * 7 + b"PUB c 3\r\nabc\r\n")
        client.ping()
        other.ping()
        for path in ("/", "/varz", "/connz", "/healthz"):
            server.get(path)
        yield server


def test_numbers_are_those_of_varz(busy):
    shown = scrape(busy)
    varz = busy.json("/varz")
    varz["http_req_stats"]["/varz"] -= 1
    root = varz["http_req_stats"].pop("/")
    expected = dict(numbers("gnatsd_varz", varz))
    assert (expected["gnatsd_varz_in_msgs"], expected["gnatsd_varz_out_bytes"]) == (8, 35)
    moving = MOVING & set(expected)
    assert {name: shown.get(name) for name in expected if name not in moving} == {
        name: value for name, value in expected.items() if name not in moving}
    assert root in (shown.get("gnatsd_varz_http_req_stats_root"),
                    shown.get("gnatsd_varz_http_req_stats_"))
    assert abs(shown["gnatsd_varz_mem"] - varz["mem"]) < 32 << 20
    for text in ("server_id", "server_name", "version"):
        assert shown[f"gnatsd_varz_{text}"] == 1


def test_numbers_are_those_of_subsz(busy):
    shown, subsz = scrape(busy), busy.json("/subsz")
    expected = dict(numbers("gnatsd_subsz", subsz))
    assert {name: shown.get(name) for name in expected} == expected


def test_numbers_are_the_sums_of_connz(busy):
    shown, connz = scrape(busy), busy.json("/connz")
    sums = ["pending_bytes", "subscriptions", "in_bytes", "out_bytes", "in_msgs", "out_msgs"]
    expected = {name: connz[name] for name in ("num_connections", "total", "offset", "limit")}
    expected |= {name: sum(one[name] for one in connz["connections"]) for name in sums}
    assert {name: shown.get(f"gnatsd_connz_{name}") for name in expected} == expected
    assert expected["in_msgs"] == 8


def test_health_is_a_number(server):
    shown = scrape(server)
    assert shown["gnatsd_healthz_status"] == 0
    values = [(labels["value"], value) for name, labels, value in
              parse(server.get("/metrics")[1]) if name == "gnatsd_healthz_status_value"]
    assert values == [("ok", 1)]


def test_names_of_a_version_stay(server):
    expected = {"server_name", "version", "start", "config_load_time"}
    shown = {name.removeprefix("gnatsd_varz_") for name in scrape(server)}
    assert expected <= shown
    assert [name for name in shown if name.startswith(("leaf_", "cluster_auth", "gateway_"))] == []


def test_the_start_is_an_epoch(server):
    shown = scrape(server)
    assert 1.6e9 < shown["gnatsd_varz_start"] / (1000 if shown["gnatsd_varz_start"] > 1e11 else 1)
    assert shown["gnatsd_varz_config_load_time"] == shown["gnatsd_varz_start"]


def test_totals_only_grow(busy):
    first = scrape(busy)
    with busy.connect() as client:
        client.send(b"PUB a.x 2\r\nhi\r\n")
        client.ping()
        second = scrape(busy)
    for name in ("in_msgs", "in_bytes", "out_msgs", "out_bytes", "total_connections"):
        assert second[f"gnatsd_varz_{name}"] > first[f"gnatsd_varz_{name}"], name


def test_text_in_labels_is_escaped(start):
    server = start(LISTEN + "server_name: 'a\"b\\\\c'\n")
    name = server.json("/varz")["server_name"]
    labels = [labels for metric, labels, _ in parse(server.get("/metrics")[1])
              if metric == "gnatsd_varz_server_name"]
    assert labels[0]["value"].replace('\\"', '"').replace("\\\\", "\\") == name


def test_slow_receivers_are_metrics_too(start):
    server = start(LISTEN + "max_pending: 1MB\n")
    assert scrape(server)["gannet_slow_receivers"] == 0
    reader = server.connect(name="laggard")
    with reader, server.connect() as sender:
        cut_a_reader(server, reader, sender)
        found = [(name, labels, value) for name, labels, value in
                 parse(server.get("/metrics")[1]) if name.startswith("gannet_slow_receiver_")]
        cuts = [(labels, value) for name, labels, value in found if name.endswith("_cuts")]
        assert [value for _, value in cuts] == [1]
        assert (cuts[0][0]["name"], cuts[0][0]["account"]) == ("laggard", "$G")
        assert cuts[0][0]["cid"] == str(reader.info["client_id"])
        assert scrape(server)["gannet_slow_receivers"] == 1
        shown = types(server.get("/metrics")[1])
        assert [shown[f"gannet_slow_receiver_{name}"] for name in
                ("cuts", "stalls", "pending_bytes", "pending_bytes_high", "max_pending")] == [
                    "counter", "counter", "gauge", "gauge", "gauge"]


def cut_a_reader(server, reader: Client, sender: Client) -> None:
    """Sends to a reader that reads nothing until it is closed."""
    reader.send(b"SUB flood 1\r\n")
    reader.ping()
    data = b"PUB flood 65536\r\n" + b"x" * 65536 + b"\r\n"
    for _ in range(1024):
        sender.send(data)
        sender.ping()
        if "Slow Consumer" in server.log():
            return
    raise AssertionError("64 MiB were not enough")
