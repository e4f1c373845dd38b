"""Message tracing: the headers that ask for it and the event that answers.

Spec: client-protocol §15; checklist 85, 88. What needs accounts or permissions comes with them.
"""
import gzip
import json
import re

import pytest

TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)"


def hpub(subject: bytes, headers: dict, payload: bytes = b"hi", reply: bytes = b"") -> bytes:
    block = b"NATS/1.0\r\n" + b"".join(
        f"{name}: {value}\r\n".encode() for name, value in headers.items()) + b"\r\n"
    return (b"HPUB " + subject + b" " + (reply + b" " if reply else b"")
            + b"%d %d\r\n" % (len(block), len(block) + len(payload)) + block + payload + b"\r\n")


@pytest.fixture
def tracer(server):
    """A connection with headers that listens on `t.d` with sid 99."""
    with server.connect(headers=True, name="tracer") as client:
        client.send(b"SUB t.d 99\r\n")
        client.ping()
        yield client


def read_message(client) -> tuple:
    """(subject, sid, headers, payload) of the next message."""
    words = client.read_line().split()
    while words == [b"PING"]:  # the round trip is measured
        words = client.read_line().split()
    if words[0] == b"MSG":
        data, block = client.read_exactly(int(words[-1])), b""
    else:
        assert words[0] == b"HMSG", words
        whole = client.read_exactly(int(words[-1]))
        block, data = whole[:int(words[-2])], whole[int(words[-2]):]
    client.expect(b"\r\n")
    return words[1], words[2], block, data


def read_event(client) -> dict:
    subject, sid, block, data = read_message(client)
    assert (subject, sid) == (b"t.d", b"99"), (subject, sid, data)
    return json.loads(data)


def ping_until_traced(server, client) -> bytes:
    """All that arrives until the event has: it may come a moment after what it tells of."""
    got = []

    def is_traced() -> bool:
        got.append(client.ping())
        return b"MSG t.d 99 " in b"".join(got)

    server.wait_for(is_traced, "an event")
    return b"".join(got)


def without_times(event: dict) -> list:
    """The steps of the event without their times, which are checked here."""
    steps = []
    for step in event["events"]:
        assert re.fullmatch(TIME, step["ts"]), step
        steps.append({key: value for key, value in step.items() if key != "ts"})
    return steps


def test_one_event_tells_where_a_message_came_from_and_went(server, tracer):
    with server.connect(name="worker") as worker:
        worker.send(b"SUB job.* q 4\r\n")
        worker.ping()
        tracer.send(hpub(b"job.x", {"Nats-Trace-Dest": "t.d", "A": "b"}, b"hello"))
        event = read_event(tracer)
        assert worker.ping() == b"MSG job.x 4 5\r\nhello\r\n"
        tracer.expect_nothing()
        cids = tracer.info["client_id"], worker.info["client_id"]
    assert list(event) == ["server", "request", "events"]
    assert event["request"] == {"header": {"Nats-Trace-Dest": ["t.d"], "A": ["b"]}, "msgsize": 45}
    assert event["server"]["id"] == tracer.info["server_id"]
    assert event["server"]["name"] == tracer.info["server_name"]
    assert event["server"]["ver"] == tracer.info["version"]
    assert re.fullmatch(TIME, event["server"]["time"])
    assert without_times(event) == [
        {"type": "in", "kind": 0, "cid": cids[0], "name": "tracer", "acc": "$G", "subj": "job.x"},
        {"type": "eg", "kind": 0, "cid": cids[1], "name": "worker", "sub": "job.*", "queue": "q"}]


def test_the_event_has_an_empty_reply(server, tracer):
    tracer.send(hpub(b"nobody", {"Nats-Trace-Dest": "t.d"}))
    assert re.match(rb"H?MSG t\.d 99  \d+", tracer.read_line())


def test_where_nobody_listens_there_is_only_the_way_in(tracer):
    tracer.send(hpub(b"nobody", {"Nats-Trace-Dest": "t.d"}))
    assert [step["type"] for step in read_event(tracer)["events"]] == ["in"]


def test_every_subscription_is_a_step(server, tracer):
    tracer.send(b"SUB many.> 1\r\nSUB many.a 2\r\n" + hpub(b"many.a", {"Nats-Trace-Dest": "t.d"}))
    got = ping_until_traced(server, tracer)
    event = json.loads(re.search(rb"\r\n(\{.*\})\r\n", got)[1])
    assert sorted(step.get("sub", "") for step in event["events"]) == ["", "many.>", "many.a"]
    assert got.count(b"HMSG many.a ") == 2


@pytest.mark.parametrize("value", ["1", "true", "on", "TRUE", "On"])
def test_a_message_may_be_traced_without_being_delivered(server, tracer, value):
    with server.connect(headers=True) as worker:
        worker.send(b"SUB only 1\r\n")
        worker.ping()
        tracer.send(hpub(b"only", {"Nats-Trace-Dest": "t.d", "Nats-Trace-Only": value}))
        event = read_event(tracer)
        worker.expect_nothing()
    assert [step["type"] for step in event["events"]] == ["in", "eg"]


@pytest.mark.parametrize("value", ["0", "false", "off", "yes", "2"])
def test_any_other_value_lets_it_be_delivered(server, tracer, value):
    tracer.send(b"SUB both 1\r\n" + hpub(b"both", {"Nats-Trace-Dest": "t.d",
                                                   "Nats-Trace-Only": value}))
    assert b"HMSG both 1 " in ping_until_traced(server, tracer)


def test_a_traced_message_counts_towards_no_limit(server, tracer):
    with server.connect(headers=True) as worker:
        worker.send(b"SUB counted 1\r\nUNSUB 1 1\r\n")
        worker.ping()
        for _ in range(3):
            tracer.send(hpub(b"counted", {"Nats-Trace-Dest": "t.d", "Nats-Trace-Only": "true"}))
            read_event(tracer)
        tracer.send(b"PUB counted 2\r\nok\r\n")
        tracer.ping()
        assert worker.ping() == b"MSG counted 1 2\r\nok\r\n"


@pytest.mark.parametrize("headers", [
    {"nats-trace-dest": "t.d"}, {"Nats-Trace-Dest": ""}, {"Nats-Trace-Dest": "t.*"},
    {"Nats-Trace-Dest": "t..d"}, {"Nats-Trace-Dest": "trace disabled"}, {"Nats-Trace-Only": "true"},
    {"traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"},
    {"Nats-Trace-Dest": "t.d", "Nats-Trace-Origin-Account": "A"}])
def test_what_asks_for_no_trace_gets_none(tracer, headers):
    tracer.send(b"SUB plain 1\r\n" + hpub(b"plain", headers))
    got = tracer.ping() + tracer.ping()
    assert got.startswith(b"HMSG plain 1 ") and b"t.d 99" not in got


@pytest.mark.parametrize("dest", ["t.*", "t..d", ".", "t.>"])
def test_a_message_to_be_traced_only_is_dropped_if_it_cannot_be(tracer, dest):
    headers = {"Nats-Trace-Dest": dest, "Nats-Trace-Only": "true"}
    tracer.send(b"SUB dropped 1\r\n" + hpub(b"dropped", headers))
    assert tracer.ping() + tracer.ping() == b""


@pytest.mark.parametrize("blank", [b" ", b"\t", b"\n", b"\f", b"\r"],
                         ids=["blank", "tab", "newline", "form feed", "return"])
def test_a_destination_cannot_write_into_the_lines_of_others(server, tracer, blank):
    block = (b"NATS/1.0\r\nNats-Trace-Dest: t.d" + blank + b"99" + blank + b"0\n"
             + b'INFO {"connect_urls":["elsewhere:4222"]}\r\n\r\n')
    tracer.send(b"SUB t.> 98\r\n")
    tracer.ping()
    with server.connect(headers=True) as publisher:
        publisher.send(b"HPUB forged %d %d\r\n" % (len(block), len(block)) + block + b"\r\n")
        publisher.ping()
    assert tracer.ping() + tracer.ping() == b""


def test_the_longest_lines_fit_whatever_the_payload(server):
    """The line's start of one receiver, its end and the payload together fill a block of output
    to within a few bytes."""
    subject, sid = b"s" * 4080, b"i" * 4085
    with server.connect(headers=True) as client:
        client.send(b"SUB * " + sid + b"\r\n")
        client.ping()
        for size in [*range(57_240, 57_350), *range(65_440, 65_540)]:
            message = hpub(subject, {"Nats-Trace-Dest": "no.body"}, b"x" * size)
            client.send(message)
            got_subject, got_sid, _, data = read_message(client)
            assert (got_subject, got_sid, len(data)) == (subject, sid, size)


def test_a_status_line_switches_tracing_off(tracer):
    block = b"NATS/1.0 200\r\nNats-Trace-Dest: t.d\r\n\r\n"
    size = len(block)
    tracer.send(b"SUB status 1\r\nHPUB status %d %d\r\n" % (size, size) + block + b"\r\n")
    got = tracer.ping() + tracer.ping()
    assert got.startswith(b"HMSG status 1 ") and b"t.d 99" not in got


def test_spaces_around_values_do_not_matter(tracer):
    block = b"NATS/1.0\r\nNats-Trace-Dest:  \tt.d \t\r\n\r\n"
    tracer.send(b"HPUB trimmed %d %d\r\n" % (len(block), len(block)) + block + b"\r\n")
    assert read_event(tracer)["request"]["header"] == {"Nats-Trace-Dest": ["t.d"]}


def test_a_header_that_comes_twice_is_a_list(tracer):
    block = b"NATS/1.0\r\nNats-Trace-Dest: t.d\r\nA: 1\r\na: 2\r\nA: 3\r\n\r\n"
    tracer.send(b"HPUB twice %d %d\r\n" % (len(block), len(block)) + block + b"\r\n")
    assert read_event(tracer)["request"]["header"] == {
        "Nats-Trace-Dest": ["t.d"], "A": ["1", "3"], "a": ["2"]}


@pytest.mark.parametrize("dest", ["_GR_.x", "$NRG.x"])
def test_a_destination_clients_may_not_publish_to_drops_the_message(tracer, dest):
    tracer.send(b"SUB denied 1\r\n" + hpub(b"denied", {"Nats-Trace-Dest": dest}))
    expected = f"-ERR 'Permissions Violation for Publish to \"{dest}\"'\r\n".encode()
    assert tracer.ping() + tracer.ping() == expected


def test_a_message_that_is_refused_is_an_error_on_the_way_in(server, tracer):
    tracer.send(hpub(b"$GR.x", {"Nats-Trace-Dest": "t.d"}))
    got = ping_until_traced(server, tracer) + tracer.ping()  # the two may come in either order
    refusal = b"-ERR 'Permissions Violation for Publish to \"$GR.x\"'\r\n"
    assert got.count(refusal) == 1
    event = got.replace(refusal, b"")
    [step] = json.loads(event[event.index(b"{"):])["events"]
    assert (step["type"], step["subj"]) == ("in", "$GR.x")
    assert step["error"] == 'Permissions Violation for Publish to "$GR.x"'


def test_a_message_too_big_is_traced_before_the_close(server, tracer):
    block = b"NATS/1.0\r\nNats-Trace-Dest: t.d\r\n\r\n"
    with server.connect(headers=True) as client:
        client.send(b"HPUB big %d 1048577\r\n" % len(block) + block)
        assert client.read_to_close() == b"-ERR 'Maximum Payload Violation'\r\n"
    [step] = read_event(tracer)["events"]
    assert step["error"] == "maximum payload exceeded"


def test_a_client_without_echo_is_an_error_on_the_way_out(server, tracer):
    with server.connect(headers=True, echo=False) as client:
        client.send(b"SUB own 1\r\n" + hpub(b"own", {"Nats-Trace-Dest": "t.d"}))
        client.expect_nothing()
        steps = without_times(read_event(tracer))
    assert steps[1]["error"] == "Not delivered because of no echo"


def test_a_limit_that_was_reached_leaves_no_trace(server, tracer):
    tracer.send(b"SUB few 1\r\nUNSUB 1 1\r\nPUB few 0\r\n\r\n")
    tracer.expect(b"MSG few 1 0\r\n\r\n")
    tracer.send(hpub(b"few", {"Nats-Trace-Dest": "t.d"}))
    assert [step["type"] for step in read_event(tracer)["events"]] == ["in"]


def test_a_traced_request_somebody_would_get_has_responders(server):
    with server.connect(headers=True, no_responders=True) as asks, \
            server.connect() as worker:
        worker.send(b"SUB service 1\r\n")
        worker.ping()
        headers = {"Nats-Trace-Dest": "t.e", "Nats-Trace-Only": "true"}
        asks.send(b"SUB r 1\r\n" + hpub(b"service", headers, reply=b"r"))
        asks.expect_nothing()


def test_events_are_compressed_if_the_client_accepts_that(tracer):
    tracer.send(hpub(b"nobody", {"Nats-Trace-Dest": "t.d", "Accept-Encoding": "gzip"}))
    _, _, block, data = read_message(tracer)
    assert b"Content-Encoding: gzip\r\n" in block or b"Content-Encoding:gzip\r\n" in block
    assert json.loads(gzip.decompress(data))["events"][0]["subj"] == "nobody"


@pytest.mark.parametrize("accepts", ["snappy", "s2", "gzip, snappy"])
def test_snappy_is_preferred(tracer, accepts):
    tracer.send(hpub(b"nobody", {"Nats-Trace-Dest": "t.d", "Accept-Encoding": accepts}))
    _, _, block, data = read_message(tracer)
    assert re.search(rb"Content-Encoding: ?snappy\r\n", block)
    assert b"sNaPpY" in data[:10] or b"S2sTwO" in data[:10]


def test_without_a_listener_the_event_is_lost(server):
    with server.connect(headers=True) as client:
        client.send(b"SUB kept 1\r\n" + hpub(b"kept", {"Nats-Trace-Dest": "nobody.there"}))
        assert client.ping().startswith(b"HMSG kept 1 ")


def test_a_client_without_headers_gets_the_event_as_a_plain_message(server):
    with server.connect(headers=True) as client, server.connect() as plain:
        plain.send(b"SUB t.p 3\r\n")
        plain.ping()
        client.send(hpub(b"nobody", {"Nats-Trace-Dest": "t.p"}))
        client.ping()
        subject, sid, _, data = read_message(plain)
    assert (subject, sid) == (b"t.p", b"3")
    assert json.loads(data)["events"][0]["subj"] == "nobody"
