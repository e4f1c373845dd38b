"""The command line: Go's flag syntax, help, version, precedence over the file, `-t`, `--signal`.

Spec: config-and-cli §5, §6.2; checklist 51-55, 58-61.
"""
import os
import pathlib
import re
import shutil
import signal
import subprocess

import pytest

from harness.server import is_gannet

LOCAL = ["-a", "127.0.0.1", "-p", "-1"]
HEADINGS = ["Server Options", "Logging Options", "JetStream Options", "Authorization Options",
            "TLS Options", "Cluster Options", "Profiling Options", "Common Options"]
HELP_LINES = [  # how the lines of the help begin, in its order; what they say is each server's own
    "    -a, --addr, --net <host> ", "    -p, --port <port> ", "    -n, --name",
    "        --server_name <server_name> ", "    -P, --pid <file> ",
    "    -m, --http_port <port> ", "    -ms,--https_port <port> ", "    -c, --config <file> ",
    "    -t ", "    -sl,--signal <signal>[=<pid>] ", "        --client_advertise <string> ",
    "        --ports_file_dir <dir> ", "    -l, --log <file> ", "    -T, --logtime ",
    "        --logtime_utc ", "    -s, --syslog ", "    -r, --remote_syslog <addr> ",
    "    -D, --debug ", "    -V, --trace ", "    -VV ", "    -DV ", "    -DVV ",
    "        --log_size_limit <limit> ", "        --max_traced_msg_len <len> ",
    "    -js, --jetstream ", "    -sd, --store_dir <dir> ", "        --user <user> ",
    "        --pass <password> ", "        --auth <token> ", "        --tls ",
    "        --tlscert <file> ", "        --tlskey <file> ", "        --tlsverify ",
    "        --tlscacert <file> ", "        --routes <rurl-1, rurl-2> ",
    "        --cluster <cluster-url> ", "        --cluster_name <string> ",
    "        --no_advertise <bool> ", "        --cluster_advertise <string> ",
    "        --connect_retries <number> ", "        --cluster_listen <url> ",
    "        --profile <port> ", "    -h, --help ", "    -v, --version ", "        --help_tls ",
]


def assert_help(text: str) -> None:
    assert re.match(r"\nUsage: \S+ \[options\]\n", text)
    position = 0
    for heading in HEADINGS:
        position = text.find(f"\n{heading}", position)
        assert position >= 0, heading
    lines = iter(text.splitlines())
    for start in HELP_LINES:
        assert any((line + " ").startswith(start) for line in lines), start


# ---- syntax

FLAG_ERRORS = [
    (["-xyz"], "flag provided but not defined: -xyz"),
    (["--xyz"], "flag provided but not defined: -xyz"),
    (["-xyz=3"], "flag provided but not defined: -xyz"),
    (["-VVV"], "flag provided but not defined: -VVV"),
    (["-D", "-xyz"], "flag provided but not defined: -xyz"),
    (["---x"], "bad flag syntax: ---x"),
    (["--=x"], "bad flag syntax: --=x"),
    (["-=x"], "bad flag syntax: -=x"),
    (["-p"], "flag needs an argument: -p"),
    (["--config"], "flag needs an argument: -config"),
    (["-sl"], "flag needs an argument: -sl"),
    (["--log_size_limit"], "flag needs an argument: -log_size_limit"),
    (["-p", "abc"], 'invalid value "abc" for flag -p: parse error'),
    (["-p=abc"], 'invalid value "abc" for flag -p: parse error'),
    (["--port", "1.5"], 'invalid value "1.5" for flag -port: parse error'),
    (["-p="], 'invalid value "" for flag -p: parse error'),
    (["-p", ""], 'invalid value "" for flag -p: parse error'),
    (["-p", "08"], 'invalid value "08" for flag -p: parse error'),
    (["-p", "0x"], 'invalid value "0x" for flag -p: parse error'),
    (["-p", "4k"], 'invalid value "4k" for flag -p: parse error'),
    (["-p", "99999999999999999999"],
     'invalid value "99999999999999999999" for flag -p: value out of range'),
    (["-p", "1", "-p", "x"], 'invalid value "x" for flag -p: parse error'),
    (["--log_size_limit", "x"], 'invalid value "x" for flag -log_size_limit: parse error'),
    (["-ms", "x"], 'invalid value "x" for flag -ms: parse error'),
    (["--connect_retries", "x"], 'invalid value "x" for flag -connect_retries: parse error'),
    (["--profile", "x"], 'invalid value "x" for flag -profile: parse error'),
    (["-D=x"], 'invalid boolean value "x" for -D: parse error'),
    (["-D="], 'invalid boolean value "" for -D: parse error'),
    (["-V=yes"], 'invalid boolean value "yes" for -V: parse error'),
    (["-DV=x"], 'invalid boolean value "x" for -DV: parse error'),
    (["--logtime=5"], 'invalid boolean value "5" for -logtime: parse error'),
    (["--tls=maybe"], 'invalid boolean value "maybe" for -tls: parse error'),
]


@pytest.mark.parametrize("args, message", FLAG_ERRORS)
def test_a_flag_error_is_a_line_on_stderr_then_help_and_success(run_server, args, message):
    done = run_server(args)
    assert (done.returncode, done.stderr) == (0, message + "\n")
    assert_help(done.stdout)


ACCEPTED = [  # each before -v, which proves that they were parsed
    ["-p", "0x1F"], ["-p=0x1F"], ["--p", "1"], ["-port", "1"], ["--port=1"], ["-p", "0b1"],
    ["-p", "0o17"], ["-p", "017"], ["-p", "-0x1"], ["-p", "+5"], ["-p", "1_0"], ["-V=t"],
    ["-V=TRUE"], ["-V=True"], ["-V=1"], ["-V=f"], ["-V=0"], ["-D", "-D=false"], ["-DV"], ["-DVV"],
    ["-VV=F"], ["-n", "-x"], ["-user", ""], ["-c", "none.conf"], ["-h=false"], ["-js"],
    ["-sd", "x"], ["--routes", "x"], ["--no_advertise"], ["--ports_file_dir=x"], ["-addr", "h"],
    ["-net=h"], ["--name", "n"], ["--server_name=n"], ["--pid", "x"], ["--http_port", "1"],
    ["--https_port=1"], ["--log", "x"], ["--syslog"], ["--remote_syslog", "x"], ["--debug"],
    ["--trace"], ["--max_traced_msg_len", "5"], ["--jetstream"], ["--store_dir", "x"], ["--t"],
]


@pytest.mark.parametrize("args", ACCEPTED)
def test_flags_are_read_as_go_reads_them(run_server, args):
    done = run_server([*args, "-v"])
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == run_server(["-v"]).stdout


# ---- version, help, words

VERSION_ARGS = [["-v"], ["--version"], ["-version"], ["version"], ["VERSION"], ["Version", "foo"],
                ["version", "-xyz"], ["-v", "foo"], ["-h", "-v"], ["-v", "-h"], ["--", "version"],
                ["-v=false", "version"], ["-v", "-sl", "bogus=1"], ["-t", "-v"]]


@pytest.mark.parametrize("args", VERSION_ARGS)
def test_the_version_is_one_line_on_stdout(run_server, args):
    done = run_server(args)
    assert (done.returncode, done.stderr) == (0, "")
    assert re.fullmatch(r"[^\n]*2\.15\.2[^\n]*\n", done.stdout)


def test_a_server_called_nats_server_prints_the_line_that_scripts_expect(server_path, tmp_path):
    name = tmp_path / "nats-server"
    name.symlink_to(pathlib.Path(server_path).resolve())
    for args in VERSION_ARGS:
        done = subprocess.run([name, *args], capture_output=True, text=True, timeout=20, check=True)
        assert (done.stdout, done.stderr) == ("nats-server: v2.15.2\n", "")


HELP_ARGS = [["-h"], ["--help"], ["-help"], ["-h=true"], ["help"], ["HELP"], ["help", "foo"],
             ["--help_tls", "-h"], ["-D", "help"], ["-h", "-sl", "bogus=1"]]


@pytest.mark.parametrize("args", HELP_ARGS)
def test_help_is_printed_on_stdout(run_server, args):
    done = run_server(args)
    assert (done.returncode, done.stderr) == (0, "")
    assert_help(done.stdout)


def test_the_help_on_tls_lists_suites_and_curves(run_server):
    done = run_server(["--help_tls"])
    assert (done.returncode, done.stderr) == (0, "")
    text = done.stdout
    for key in ("cert_file", "key_file", "ca_file", "verify", "verify_and_map", "cipher_suites",
                "curve_preferences", "ocsp_peer", "ocsp_cache"):
        assert key in text, key
    suites, curves = re.search(
        r"\nAvailable cipher suites include:\n((?:    TLS_\w+\n)+)"
        r"\nAvailable curve preferences include:\n((?:    \w+\n)+)", text).groups()
    assert len(suites.split()) == 25
    assert "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256" in suites.split()
    assert "TLS_RSA_WITH_RC4_128_SHA" in suites.split()
    assert sorted(curves.split()) == sorted(
        ["X25519MLKEM768", "X25519", "CurveP256", "CurveP384", "CurveP521", "SecP384r1MLKEM1024",
         "SecP256r1MLKEM768"])


WORDS = [(["foo"], "foo"), (["Foo", "bar"], "Foo"), (["-"], "-"), (["-", "foo"], "-"),
         (["--", "-v"], "-v"), (["-D", "true"], "true"), (["-js", "false"], "false"),
         (["foo", "-v"], "foo"), (["foo", "-xyz"], "foo"), (["-DVV", "x"], "x"),
         (["--no_advertise", "maybe"], "maybe"), (["-t", "foo"], "foo"),
         (["-c", "none.conf", "foo"], "foo"), (["-sl", "bogus=1", "foo"], "foo")]


@pytest.mark.parametrize("args, word", WORDS)
def test_a_word_that_is_no_command_is_refused(run_server, args, word):
    done = run_server(args)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f'nats-server: unrecognized command: "{word}"\n'


# ---- the configuration check

def test_the_check_needs_a_file(run_server):
    done = run_server(["-t"])
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == ("nats-server: must specify [-c, --config] option to check configuration"
                           " file syntax\n")


def test_the_check_prints_the_digest_on_stderr(check, run_server):
    check.write({"nats.conf": "port: 4222"})
    for flag in ("-c", "--config"):
        path = check.folder / "nats.conf"
        done = run_server(["-t", flag, str(path)])
        assert (done.returncode, done.stdout) == (0, "")
        assert done.stderr == (
            f"nats-server: configuration file {path} is valid"
            " (sha256:797533ebd0dfba7d34a0f9337ecf147e442871f48ddfd07ed751575a5737267e)\n")


def test_the_check_binds_and_writes_nothing(check, start):
    port = start().port
    assert check(f"listen: 127.0.0.1:{port}\npid_file: {check.folder}/pid\n"
                 f"log_file: {check.folder}/log\n").valid
    assert sorted(p.name for p in check.folder.iterdir() if p.name in ("pid", "log")) == []


def test_a_check_that_is_switched_off_again_starts_the_server(start):
    assert "Server is ready" in start(args=["-t", "-t=false"]).log()


# ---- precedence

def varz(server) -> dict:
    return server.json("/varz")


def test_a_flag_overrides_the_file(start):
    config = ("listen: 127.0.0.1:4222\nserver_name: file\nhttp: 127.0.0.1:8222\n"
              "max_traced_msg_len: 5\nclient_advertise: file:1\n")
    server = start(config, args=["-p", "-1", "-n", "flag", "-m", "-1",
                                 "--client_advertise", "flag:2"])
    assert server.port != 4222 and server.monitor_port != 8222
    with server.connect() as client:
        assert client.info["server_name"] == "flag"
        assert (client.info["host"], client.info["port"]) == ("flag", 2)


def test_the_last_of_two_flags_counts(start):
    server = start(args=[*LOCAL, "-n", "one", "--name", "two", "-n", "three"])
    with server.connect() as client:
        assert client.info["server_name"] in ("two", "three")
    server = start(args=[*LOCAL, "-n", "one", "-n", "two"])
    with server.connect() as client:
        assert client.info["server_name"] == "two"


def levels(server) -> set:
    """The levels of the log lines after a client has come and gone."""
    with server.connect() as client:
        client.ping()
    server.wait_log("Server is ready")
    server.stop()
    return set(re.findall(r"\[(INF|DBG|TRC|WRN|ERR)\]", server.log()))


SWITCHES = [
    ("", [], {"INF"}), ("", ["-D"], {"INF", "DBG"}), ("", ["-V"], {"INF", "TRC"}),
    ("", ["--debug", "--trace"], {"INF", "DBG", "TRC"}), ("", ["-DV"], {"INF", "DBG", "TRC"}),
    ("", ["-DVV"], {"INF", "DBG", "TRC"}), ("", ["-VV"], {"INF", "TRC"}),
    ("", ["-DV=false"], {"INF"}), ("", ["-D", "-D=false"], {"INF"}),
    ("debug: true", [], {"INF", "DBG"}), ("trace: true", [], {"INF", "TRC"}),
    ("trace_verbose: true", [], {"INF", "TRC"}), ("trace_headers: true", [], {"INF", "TRC"}),
    ("trace: true", ["-V=false"], {"INF"}), ("debug: true", ["-D=false"], {"INF"}),
    ("debug: true, trace: true", ["-DV=false"], {"INF"}),
    ("debug: true, trace: true", ["-VV=false"], {"INF", "DBG"}),
    ("debug: false, trace: false", ["-DV"], {"INF", "DBG", "TRC"}),
]


@pytest.mark.parametrize("config, args, expected", SWITCHES)
def test_debug_and_trace_follow_flags_over_file(start, config, args, expected):
    server = start(f"listen: 127.0.0.1:-1\n{config}\n", args=args)
    assert levels(server) == expected


def test_user_password_and_token_come_from_flags(start):
    server = start(args=[*LOCAL, "--user", "u", "--pass", "p"])
    with server.connect(user="u", **{"pass": "p"}) as client:
        assert client.info["auth_required"] is True
    server = start(args=[*LOCAL, "--auth", "t"])
    with server.connect(auth_token="t") as client:
        assert client.info["auth_required"] is True


def test_a_file_named_by_an_empty_flag_is_no_file(start):
    assert "Using configuration file" not in start(args=[*LOCAL, "-c", ""]).log()


# ---- TLS flags

CERTIFICATE, KEY = "--tlscert={0}/server.pem", "--tlskey={0}/server.key"
NO_CERTIFICATE = "TLS Server certificate must be present and valid"
NO_KEY = "TLS Server private key must be present and valid"
PAIR_ERROR = "error parsing X509 certificate/key pair: "
TLS_ERRORS = [
    (["--tls"], NO_CERTIFICATE), (["--tlsverify"], NO_CERTIFICATE),
    (["--tlsverify=false"], NO_CERTIFICATE), ([KEY], NO_CERTIFICATE),
    (["--tls", "--tlscert", ""], NO_CERTIFICATE), ([CERTIFICATE], NO_KEY),
    (["--tls", CERTIFICATE, "--tlskey="], NO_KEY),
    (["--tls", "--tlscert={0}/none", KEY],
     PAIR_ERROR + "open {0}/none: no such file or directory"),
    ([CERTIFICATE, "--tlskey={0}/client.key"],
     PAIR_ERROR + "tls: private key does not match public key"),
    ([CERTIFICATE, KEY, "--tlsverify", "--tlscacert={0}/none"],
     "open {0}/none: no such file or directory"),
]


@pytest.mark.parametrize("args, reason", TLS_ERRORS)
def test_tls_flags_need_a_certificate_and_its_key(run_server, certificates, args, reason):
    done = run_server([*LOCAL, *(arg.format(certificates) for arg in args)])
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"nats-server: {reason.format(certificates)}\n"


TLS_STARTS = [  # flags, then what INFO says
    ([CERTIFICATE, KEY], True, False), (["--tls", CERTIFICATE, KEY], True, False),
    (["--tls=true", CERTIFICATE, KEY], True, False),
    (["--tlsverify", CERTIFICATE, KEY], True, True),
    (["--tlsverify", CERTIFICATE, KEY, "--tlscacert={0}/ca.pem"], True, True),
    (["--tls=false", CERTIFICATE, KEY], False, False), (["--tls=false"], False, False),
]


def info_of(server) -> dict:
    """The INFO of a plain connection, before any handshake."""
    with server.raw() as client:
        return client.read_info()


@pytest.mark.parametrize("args, required, verify", TLS_STARTS)
def test_tls_flags_switch_tls_on(start, certificates, args, required, verify):
    server = start(args=[*LOCAL, *(arg.format(certificates) for arg in args)])
    info = info_of(server)
    assert (info.get("tls_required", False), info.get("tls_verify", False)) == (required, verify)
    assert ("TLS required for client connections" in server.log()) is required


def test_tls_flags_replace_the_block_of_the_file(start, certificates, check, run_server):
    block = ("listen: 127.0.0.1:-1\ntls {{ cert_file: {0}/server.pem, key_file: {0}/server.key,"
             " ca_file: {0}/ca.pem, verify: true }}\n").format(certificates)
    assert info_of(start(block))["tls_verify"] is True
    assert not info_of(start(block, args=["--tls=false"])).get("tls_required")
    pair = [arg.format(certificates) for arg in (CERTIFICATE, KEY)]
    info = info_of(start(block, args=pair))
    assert info["tls_required"] is True
    assert not info.get("tls_verify")
    check.write({"nats.conf": block})
    done = run_server(["-c", str(check.folder / "nats.conf"), "--tls"])
    assert (done.returncode, done.stderr) == (1, f"nats-server: {NO_CERTIFICATE}\n")


# ---- --signal

SIGNAL_ERRORS = [  # none of these reaches a process
    (["-sl", "quit=a=b"], "invalid signal parameters: [b]"),
    (["--signal", "quit=1="], "invalid signal parameters: []"),
    (["-sl", "quit=1=2=3"], "invalid signal parameters: [2 3]"),
    (["-sl", "bogus=a=b"], "invalid signal parameters: [b]"),
    (["-sl", "quit=abc"], "invalid pid: abc"), (["-sl", "bogus=abc"], "invalid pid: abc"),
    (["-sl=reload=0x10"], "invalid pid: 0x10"), (["-sl", "reload=1.5"], "invalid pid: 1.5"),
    (["-sl", "bogus=99999999"], 'unknown signal "bogus"'),
    (["-sl", "QUIT=99999999"], 'unknown signal "QUIT"'),
    (["-sl", "=99999999"], 'unknown signal ""'),
    (["-sl", "reload=99999999"], '\nsignal "reload" 99999999: no such process'),
]


@pytest.mark.parametrize("args, reason", SIGNAL_ERRORS)
def test_a_signal_that_cannot_be_sent_says_why(run_server, args, reason):
    done = run_server(args)
    assert (done.returncode, done.stdout, done.stderr) == (1, "", f"nats-server: {reason}\n")


def test_the_signal_is_sent_before_the_file_is_read(run_server):
    done = run_server(["-c", "/nonexistent", "-sl", "reload=99999999"])
    assert done.stderr == 'nats-server: \nsignal "reload" 99999999: no such process\n'


SIGNALS = [("quit", 0, 'Trapped "interrupt" signal'), ("term", 0, 'Trapped "terminated" signal'),
           ("stop", -signal.SIGKILL, None), ("ldm", 0, 'Trapped "user defined signal 2" signal')]


@pytest.mark.parametrize("command, code, line", SIGNALS)
def test_a_command_ends_the_server_that_a_number_names(start, run_server, command, code, line):
    server = start(args=LOCAL)
    done = run_server(["-sl", f"{command}={server.pid}"])
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert server.wait_exit() == code
    if line:
        assert line in server.log()


def test_a_pid_file_names_the_server(start, run_server, tmp_path):
    server = start(args=[*LOCAL, "-P", str(tmp_path / "pid")])
    done = run_server(["--signal", f"quit={tmp_path / 'pid'}"])
    assert (done.returncode, done.stderr) == (0, "")
    assert server.wait_exit() == 0


def test_a_pid_file_with_a_line_end_is_invalid(run_server, tmp_path):
    (tmp_path / "pid").write_text("99999999\n")
    done = run_server(["--signal", f"reload={tmp_path / 'pid'}"])
    assert (done.returncode, done.stderr) == (1, "nats-server: invalid pid: 99999999\n\n")


def test_reopen_and_reload_leave_the_server_running(start, run_server):
    server = start("listen: 127.0.0.1:-1\n")
    for command, line in (("reopen", "File log re-open ignored, not a file logger"),
                          ("reload", "Reloaded server configuration (")):
        assert run_server(["-sl", f"{command}={server.pid}"]).returncode == 0
        server.wait_log(line)
    with server.connect() as client:
        client.expect_nothing()


needs_pgrep = pytest.mark.skipif(shutil.which("pgrep") is None, reason="pgrep is not installed")


@needs_pgrep
def test_several_servers_without_number_are_listed_and_left_alone(start, run_server):
    pids = {start(args=LOCAL).pid for _ in range(2)}
    done = run_server(["-sl", "reopen"])
    assert (done.returncode, done.stdout) == (1, "")
    head, *found = done.stderr.removesuffix("\n").split("\n")
    assert re.fullmatch(r"nats-server: multiple \S+ processes running:", head)
    assert pids <= {int(pid) for pid in found}


@needs_pgrep
def test_a_glob_reaches_the_servers_whose_numbers_begin_so(start, run_server):
    server, other = start(args=LOCAL), start(args=LOCAL)
    done = run_server(["-sl", f"reopen={server.pid}*"])
    assert (done.returncode, done.stderr) == (0, "")
    server.wait_log("File log re-open ignored, not a file logger")
    if not str(other.pid).startswith(str(server.pid)):
        assert "re-open" not in other.log()


@pytest.fixture
def alone(server_path, tmp_path):
    """The server under a name that no other process has."""
    if not is_gannet(server_path):
        pytest.skip("it looks for every process that is called nats-server")
    path = tmp_path / f"srv-{os.getpid()}"
    shutil.copy(server_path, path)
    return path


def test_the_only_server_needs_no_number(start, alone):
    server = start(path=alone, args=LOCAL)
    line = "File log re-open ignored, not a file logger"
    for sent, target in enumerate(("reopen", "reopen="), 1):
        done = subprocess.run([alone, "-sl", target], capture_output=True, text=True, timeout=20)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
        # Two pending signals of a kind are one, so each is waited for.
        server.wait_for(lambda: server.log().count(line) == sent, f"signal {sent}")


def test_all_servers_are_reached_by_a_lone_star(start, alone):
    servers = [start(path=alone, args=LOCAL) for _ in range(2)]
    done = subprocess.run([alone, "-sl", "quit=*"], capture_output=True, text=True, timeout=20)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert [server.wait_exit() for server in servers] == [0, 0]


@pytest.mark.parametrize("target", ["reload", "reload=", "reload=*"])
def test_without_a_server_there_is_nobody_to_signal(alone, target):
    done = subprocess.run([alone, "-sl", target], capture_output=True, text=True, timeout=20)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"{alone.name}: no nats-server processes running\n"


# ---- what others can see

def test_secrets_are_redacted_from_the_visible_arguments(start):
    server = start(args=[*LOCAL, "-m", "-1", "--user", "hidden1", "--pass=hidden2"])
    status, text = server.get("/debug/vars")
    assert status == 200
    assert "[REDACTED]" in text
    assert "hidden1" not in text and "hidden2" not in text
