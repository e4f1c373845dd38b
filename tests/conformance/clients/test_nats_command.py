"""The nats command: messages, requests, measurements and checks, as a user types them."""
import csv
import json
import re

import pytest

LISTEN = "listen: 127.0.0.1:-1\n"
DURATION = r"[\d.]+(?:ns|µs|ms|s)"


def listening(cli, server, *args, subscriptions=1):
    """A command that goes on, once the server knows of its subscriptions."""
    name = f"{cli.folder.name}-{len(cli.started)}"  # unlike any that may still be closing
    running = cli.start(server, "--connection-name", name, *args)

    def subscribed():
        return any(one["subscriptions"] >= subscriptions
                   for one in server.json("/connz")["connections"] if one.get("name") == name)

    server.wait_for(subscribed, f"the subscriptions of {args}")
    return running


# ---- publishing and subscribing

def test_a_subscriber_prints_what_is_published_and_stops_at_its_count(cli, server):
    subscriber = listening(cli, server, "sub", "news.*", "--count", 2)
    assert cli.run(server, "pub", "news.a", "hello") == 'Published 5 bytes to "news.a"\n'
    cli.run(server, "pub", "other", "unheard")
    cli.run(server, "pub", "news.b", "again", "--reply", "answers")
    assert subscriber.wait() == (
        'Subscribing on news.* \n'
        '[#1] Received on "news.a"\nhello\n\n\n'
        '[#2] Received on "news.b" with reply "answers"\nagain\n\n\n')


def test_a_subscriber_of_several_subjects_hears_all_of_them(cli, server):
    subscriber = listening(cli, server, "sub", "one", "two.>", "--count", 2, subscriptions=2)
    cli.run(server, "pub", "one", "1")
    cli.run(server, "pub", "two.b.c", "2")
    text = subscriber.wait()
    assert 'Received on "one"' in text and 'Received on "two.b.c"' in text


OUTPUTS = {
    "headers only": (["--headers-only"], 'Subscribing on h \n'
                     '[#1] Received on "h" with reply "back"\nK: v\n\n'),
    "raw": (["--raw"], "body\n"),
    "subjects only": (["--subjects-only"], 'Subscribing on h \n'
                      '[#1] Received on "h" with reply "back"\n'),
    "queue": (["--queue", "q"], 'Subscribing on h \n'
              '[#1] Received on "h" with reply "back"\nK: v\n\nbody\n\n\n'),
}


def test_a_message_with_headers_is_shown_in_every_form(cli, server):
    subscribers = {name: listening(cli, server, "sub", "h", "--count", 1, *args)
                   for name, (args, _) in OUTPUTS.items()}
    cli.run(server, "pub", "h", "body", "-H", "K:v", "--reply", "back")
    for name, (_, shown) in OUTPUTS.items():
        assert subscribers[name].wait() == shown, name


def test_a_message_is_dumped_byte_for_byte(cli, server, tmp_path):
    subscriber = listening(cli, server, "sub", "d", "--count", 1, "--dump", tmp_path / "dump")
    cli.run(server, "pub", "d", "a\nb")
    subscriber.wait()
    files = list((tmp_path / "dump").iterdir())
    assert len(files) == 1
    assert json.loads(files[0].read_text())["Subject"] == "d"


def test_a_queue_group_shares_what_two_subscribers_would_each_get(cli, server):
    members = [listening(cli, server, "sub", "q", "--queue", "workers", "--raw")
               for _ in range(2)]
    cli.run(server, "pub", "q", "{{Count}}", "--count", 60, "--quiet")

    def all_numbers():
        numbers = [int(line) for member in members for line in member.text().split()]
        return sorted(numbers) if len(numbers) >= 60 else None

    assert server.wait_for(all_numbers, "60 messages") == list(range(1, 61))
    assert all(member.text() for member in members)


def test_a_subject_no_one_may_publish_to_is_refused_by_the_command(cli, server):
    assert "invalid subject" in cli.run(server, "pub", "", "x", code=1)


# ---- requests

def test_a_request_is_answered_by_an_echo(cli, server):
    service = listening(cli, server, "reply", "svc", "--echo", "--count", 1)
    shown = cli.run(server, "request", "svc", "hi", "-H", "Asked:yes")
    assert re.fullmatch('Sending request on "svc"\n'
                        rf"Received with rtt {DURATION}\n"
                        r"(?:Asked: yes\nNATS-Reply-Counter: 0\n"
                        r"|NATS-Reply-Counter: 0\nAsked: yes\n)"
                        "\nhi\n*", shown), shown
    # The command counts its own drain as a failure.
    assert service.wait(code=1) == (
        'Listening on "svc" in group "NATS-RPLY-22"\n[#0] Received on subject "svc":\n'
        "Asked: yes\n\nhi\n\nDraining...\nExiting\n")


def test_several_services_share_the_requests_of_their_queue_group(cli, server):
    for _ in range(2):
        listening(cli, server, "reply", "shared", "number {{Count}}")
    shown = cli.run(server, "request", "shared", "x", "--count", 10, "--raw")
    assert len(re.findall(r"number \d+", shown)) == 10


def test_a_request_can_wait_for_several_answers(cli, server):
    for name in ("one", "two"):
        listening(cli, server, "reply", "poll", name, "--queue", name)
    shown = cli.run(server, "request", "poll", "x", "--replies", 2, "--raw")
    assert sorted(shown.split()) == ["one", "two"]


def test_a_request_nobody_answers_says_so(cli, server):
    assert cli.run(server, "request", "nobody", "hi") == (
        'Sending request on "nobody"\nNo responders are available\n')


# ---- measurements

def test_the_round_trip_time_is_measured(cli, server):
    url = f"nats://127.0.0.1:{server.port}"
    assert re.fullmatch(rf"{url}:\n\n   {url}: {DURATION}\n\n", cli.run(server, "rtt"))
    results = json.loads(cli.run(server, "rtt", "--json", 3))
    assert [result["url"] for result in results] == [url]
    assert 0 < results[0]["results"][0]["rtt"] < 5_000_000_000


def test_latency_between_two_connections_is_measured(cli, server):
    url = f"nats://127.0.0.1:{server.port}"
    shown = cli.run(server, "latency", "--server-b", url, "--duration", "1s", "--rate", 500)
    for label in ("Pub Server RTT :", "Sub Server RTT :", "Median Latency :", "Maximum Latency:",
                  "Last Recv Wall Time:"):
        assert re.search(rf"^{label} {DURATION}$", shown, re.M), (label, shown)
    assert re.search(r"^Actual Msgs/Sec: [1-9]\d*$", shown, re.M)


def bench_rows(path) -> list:
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def test_a_small_benchmark_counts_every_message(cli, server, tmp_path):
    before = server.json("/varz")
    subscriber = listening(cli, server, "bench", "sub", "b", "--msgs", 2000, "--size", 64,
                           "--no-progress", "--csv", tmp_path / "sub.csv")
    shown = cli.run(server, "bench", "pub", "b", "--msgs", 2000, "--size", 64, "--clients", 2,
                    "--no-progress", "--csv", tmp_path / "pub.csv")
    assert "NATS Core NATS publisher" in shown and "msgs/sec" in shown
    assert "NATS Core NATS subscriber stats: " in subscriber.wait()
    rows = bench_rows(tmp_path / "pub.csv")
    assert [(row["MsgCount"], row["MsgBytes"]) for row in rows] == [("1000", "64000")] * 2
    assert [row["MsgCount"] for row in bench_rows(tmp_path / "sub.csv")] == ["2000"]
    after = server.json("/varz")
    assert after["in_msgs"] - before["in_msgs"] == 2000
    assert after["out_msgs"] - before["out_msgs"] == 2000


def test_a_request_benchmark_is_served(cli, server):
    service = listening(cli, server, "bench", "service", "serve", "bs", "--msgs", 500,
                        "--size", 16, "--no-progress")
    shown = cli.run(server, "bench", "service", "request", "bs", "--msgs", 500,
                    "--size", 16, "--no-progress")
    assert "NATS Core NATS service requester stats: " in shown
    service.stop()


# ---- checks and information

def test_the_connection_check_is_fine(cli, server):
    url = f"nats://127.0.0.1:{server.port}"
    shown = cli.run(server, "server", "check", "connection")
    assert re.match(rf"OK Connection OK:connected to {url} in {DURATION} "
                    rf"OK:rtt time {DURATION} OK:round trip took [\d.]+s \| connect_time=", shown)
    result = json.loads(cli.run(server, "server", "check", "connection", "--format", "json"))
    assert result["status"] == "OK"
    assert [one["name"] for one in result["perf_data"]] == [
        "connect_time", "rtt", "request_time"]


def test_the_connection_check_of_a_server_that_refuses_is_critical(cli, start):
    server = start(LISTEN + "authorization { user: sue, password: wonder }\n")
    shown = cli.run(server, "server", "check", "connection", code=2)
    assert shown == ("CRITICAL Connection Crit:connection failed: "
                     "nats: Authorization Violation\n")
    assert cli.run(server, "--user", "sue", "--password", "wonder", "server", "check",
                   "connection").startswith("OK Connection OK:connected")


def test_the_request_check_reports_an_answer(cli, server):
    listening(cli, server, "reply", "health", "fine")
    shown = cli.run(server, "server", "check", "request", "--subject", "health",
                    "--payload", "how", "--match-payload", "fine")
    assert shown.startswith("OK ")


def fields(shown: str) -> dict:
    """The `name: value` lines of a report."""
    return {name.strip(): value for name, value in re.findall(r"^ +([\w ]+): (.*)$", shown, re.M)}


ACCOUNT = {"Account": "$G ($G)", "System Account": "false", "Expires": "never",
           "Client IP": "127.0.0.1", "Headers Supported": "true", "Maximum Payload": "1.0 MiB",
           "TLS Connection": "no"}


def check_account_info(shown: str, server, user: str) -> None:
    got = fields(shown)
    info = {"User": user, **ACCOUNT, "Connected URL": f"nats://127.0.0.1:{server.port}",
            "Connected Address": f"127.0.0.1:{server.port}"}
    assert {name: got[name] for name in info} == info
    assert re.fullmatch(r"N[A-Z0-9]{55}", got["Connected Server ID"])
    assert got["Connected Server Version"].startswith("2.15.")
    assert "JetStream is not supported in this account" in shown


def test_account_info_of_an_anonymous_user(cli, server):
    check_account_info(cli.run(server, "account", "info"), server, "")


@pytest.mark.parametrize("block, args, user", [
    ("user: sue, password: wonder", ["--user", "sue", "--password", "wonder"], "sue"),
    ("token: sesame", ["--token", "sesame"], "[REDACTED]"),
])
def test_account_info_names_the_user_but_not_the_token(cli, start, block, args, user):
    server = start(LISTEN + f"authorization {{ {block} }}\n")
    check_account_info(cli.run(server, *args, "account", "info"), server, user)


def test_account_info_hides_a_token_nobody_asked_for(cli, server):
    check_account_info(cli.run(server, "--token", "any", "account", "info"), server, "[REDACTED]")


def test_the_user_information_request_answers_a_client(cli, server):
    answer = json.loads(cli.run(server, "request", "$SYS.REQ.USER.INFO", "", "--raw"))
    assert answer["data"] == {"user": "", "account": "$G", "account_name": "$G"}
    about = answer["server"]
    assert re.fullmatch(r"N[A-Z0-9]{55}", about["id"]) and about["name"] == about["id"]
    assert (about["host"], about["jetstream"]) == ("127.0.0.1", False)
    assert list(about)[:3] == ["name", "host", "id"] and list(about)[-2:] == ["seq", "time"]


def test_the_answers_name_the_features_of_the_server(cli, server):
    answer = json.loads(cli.run(server, "request", "$SYS.REQ.USER.INFO", "", "--raw"))
    assert answer["server"]["feature_flags"] == {
        "js_ack_fc_v2": False, "js_api_reply_v2": False, "js_raft_delete_range": True,
        "js_snapshot_sources": False}


@pytest.mark.later_part("services of accounts")
def test_an_account_lists_its_own_connections(cli, server):
    shown = cli.run(server, "account", "report", "connections")
    assert "Connections per server" in shown
    assert "NATS CLI Version" in shown


def test_what_needs_the_system_account_is_refused_to_others(cli, server):
    assert "ensure the account used has system privileges" in cli.run(
        server, "--timeout", "1s", "server", "info", code=1)
    assert "503 status from $SYS.REQ.SERVER.PING" in cli.run(
        server, "--timeout", "1s", "server", "ping", code=1)


def test_what_needs_jetstream_is_refused_without_it(cli, server):
    assert cli.run(server, "stream", "ls", code=1) == (
        "nats: error: could not list streams: nats: no responders available for request\n")


def test_the_command_speaks_tls(cli, start, certificates):
    server = start(LISTEN + f'tls {{ cert_file: "{certificates}/server.pem", '
                            f'key_file: "{certificates}/server.key", '
                            f'ca_file: "{certificates}/ca.pem", verify: true }}\n')
    shown = cli.run(server, "--tlsca", certificates / "ca.pem",
                    "--tlscert", certificates / "client.pem",
                    "--tlskey", certificates / "client.key", "account", "info")
    assert re.search(r"TLS Connection: yes|TLS Version: 1\.3", shown), shown
