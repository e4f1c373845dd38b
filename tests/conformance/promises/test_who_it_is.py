"""Gannet says who it is, beside what tools of the reference read."""
import pathlib
import re
import shutil
import subprocess

import pytest

from traffic import flush, pub, stuck_subscriber

pytestmark = pytest.mark.gannet_only("has a name of its own")

ROOT = pathlib.Path(__file__).resolve().parents[3]
VERSION = re.search(r"project\(gannet VERSION (\S+)", (ROOT / "CMakeLists.txt").read_text())[1]
START = re.compile(r"\[INF\] Gannet (\S+)(?: \(git ([0-9a-f]+(?:-dirty)?)\))?, (\d+) (shards?),"
                   r" memory budget (\d+) MB\n")
MIB = 1 << 20


@pytest.mark.parametrize("shards, word", [(1, "shard"), (2, "shards")])
def test_a_line_of_the_start_names_it(serve, shards, word):
    server = serve(f"shards: {shards}\nmax_memory: 192MB")
    line = START.search(server.log())
    assert (line[1], line[3], line[4], line[5]) == (VERSION, str(shards), word, "192")
    assert server.json("/varz").get("gannet_git_commit") == line[2]


def test_lines_that_tools_read_stay(serve):
    log = serve().log()
    for line in ("Starting nats-server\n", "  Version:  2.15.2\n", "  Git:      [not set]\n"):
        assert log.count(f"[INF] {line}") == 1


def test_the_budget_is_told_where_none_is_configured(serve):
    server = serve()
    varz = server.json("/varz")
    assert varz["gannet_max_memory_bytes"] // MIB == int(START.search(server.log())[5]) > 0


def test_the_page_for_people_names_both(serve):
    server = serve()
    page = server.get("/")[1]
    assert f"<h1>Gannet {VERSION}" in page
    assert "nats-server v2.15.2" in page
    commit = server.json("/varz").get("gannet_git_commit")
    assert commit is None or f"(git {commit})" in page


def test_varz_has_its_own_members_behind_the_references(serve):
    varz = serve("shards: 2\nmax_memory: 64MB").json("/varz")
    own = [name for name in varz if name.startswith("gannet_") and name != "gannet_git_commit"]
    assert own == ["gannet_version", "gannet_max_memory_bytes", "gannet_memory_used_bytes",
                   "gannet_memory_cuts_total", "gannet_shard_load",
                   "gannet_log_lines_dropped_total"]
    assert list(varz)[-1] == own[-1]
    assert (varz["version"], varz["gannet_version"]) == ("2.15.2", VERSION)
    assert varz["gannet_max_memory_bytes"] == 64 * MIB
    assert 0 <= varz["gannet_memory_used_bytes"] < 64 * MIB
    assert varz["gannet_memory_cuts_total"] == 0
    assert len(varz["gannet_shard_load"]) == 2
    assert all(0 <= load <= 1 for load in varz["gannet_shard_load"])


def test_a_busy_shard_has_load(serve):
    server = serve("shards: 1")
    work = pub(b"work", b"x" * 16) * 50_000
    with server.connect() as client:

        def is_busy():
            client.send(work)
            flush(client)
            return server.json("/varz")["gannet_shard_load"][0] > 0.02

        server.wait_for(is_busy, "load of the shard")


def test_what_the_budget_costs_is_counted(serve):
    server = serve("shards: 1\nmax_memory: 64MB\nmax_pending: 256MB\nwrite_deadline: 60s")
    stuck = stuck_subscriber(server, b"big", "greedy")
    with stuck, server.connect() as writer:
        used = 0

        def is_cut():
            nonlocal used
            writer.send(pub(b"big", b"x" * (MIB - 64)))
            flush(writer)
            varz = server.json("/varz")
            used = max(used, varz["gannet_memory_used_bytes"])
            return varz["gannet_memory_cuts_total"] == 1

        server.wait_for(is_cut, "the reader to be cut")
        assert used > 16 * MIB
        assert "gannet_memory_cuts_total" in server.get("/metrics")[1]


@pytest.fixture
def write_version(tmp_path):
    """What the build writes down for a folder of sources."""
    cmake = shutil.which("cmake")
    if not cmake:
        pytest.skip("cmake is not installed")

    def written(source: pathlib.Path, revision: str = "") -> str:
        out = tmp_path / "version.cc"
        subprocess.run(
            [cmake, f"-DGANNET_SOURCE={source}", "-DGANNET_VERSION=1.2.3",
             f"-DGANNET_REVISION={revision}", f"-DGANNET_OUTPUT={out}",
             f"-DGANNET_TEMPLATE={ROOT}/src/base/version.cc.in",
             "-P", str(ROOT / "cmake/version.cmake")],
            check=True, timeout=60)
        return out.read_text()

    return written


def test_an_archive_is_built_without_git(write_version, tmp_path):
    text = write_version(tmp_path)
    assert '"1.2.3"' in text and 'return "";' in text
    assert 'return "0123abc";' in write_version(tmp_path, "0123abc")


def test_an_archive_inside_another_repository_is_none_of_its_commits(write_version, tmp_path):
    git = shutil.which("git")
    if not git:
        pytest.skip("git is not installed")
    outer = tmp_path / "outer"
    inner = outer / "gannet"
    inner.mkdir(parents=True)
    who = ["-c", "user.name=a", "-c", "user.email=a@example.com"]
    for command in (["init", "-q"], [*who, "commit", "-q", "--allow-empty", "-m", "x"]):
        subprocess.run([git, "-C", str(outer), *command], check=True, timeout=60)
    assert 'return "";' in write_version(inner)
    commit = subprocess.run([git, "-C", str(outer), "rev-parse", "HEAD"], check=True, timeout=60,
                            capture_output=True, text=True).stdout
    assert f'return "{commit[:12]}";' in write_version(outer)
