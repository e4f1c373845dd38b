"""The comparison's own tests: its cases, and what it takes for a difference."""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))

import pytest  # noqa: E402

import cases  # noqa: E402
import permissions  # noqa: E402
import play  # noqa: E402

SOME = [cases.make(1, number) for number in range(40)]


def test_a_seed_makes_the_same_cases_again():
    for case in SOME:
        again = cases.make(1, case.number)
        assert (again.phases, again.steps) == (case.phases, case.steps)
    assert cases.make(2, 0).steps != SOME[0].steps


def test_the_cases_try_everything():
    verbs = {step.verb for case in SOME for step in case.steps}
    assert verbs == {"CONNECT", "RELOAD", "SUB", "UNSUB", "PUB", "HPUB", "TRACE"}
    assert {case.has_queues for case in SOME} == {True, False}
    texts = "".join(case.config(phase) for case in SOME for phase in (0, 1))
    for part in ("publish: { allow:", "subscribe: { deny:", "allow_responses: { max: -1 }",
                 ' q.*"'):
        assert part in texts, part


@pytest.mark.parametrize("case", SOME, ids=lambda case: case.number)
def test_chance_does_not_matter_later(case):
    grouped = {}
    for step in case.steps:
        if step.verb == "CONNECT":
            grouped[step.client] = {}
        elif step.verb == "SUB":
            subject, queue, sid = step.arguments
            grouped[step.client][sid] = queue
            assert not cases.is_ambiguous(case, subject, queue)
        elif step.verb == "UNSUB" and step.arguments[1]:
            assert not grouped[step.client][step.arguments[0]]
        assert not (case.has_queues and step.verb == "TRACE")
    assert not (case.has_queues and any(one.responses for users in case.phases for one in users))


@pytest.mark.parametrize("pattern, subject, is_matched, is_covered", [
    ("a", "a", True, True), ("a.*", "a.b", True, True), ("a.*", "a", False, False),
    ("a.*", "a.*", True, True), ("a.*", "a.>", True, False), ("*", ">", True, False),
    ("a.>", "a.>", True, True), ("a.>", "a", False, False), (">", "a.b", True, True),
    ("a.*", "a.b.c", False, False), ("a.b", "a.*", False, False), ("*.*", "a.>", True, False)])
def test_a_pattern_may_match_what_it_does_not_cover(pattern, subject, is_matched, is_covered):
    assert cases.matches(pattern, subject) == is_matched
    assert cases.covers(pattern, subject) == is_covered


def test_a_mutated_case_lacks_one_entry():
    def entries(case):
        return [entry for users in case.phases for one in users
                for patterns in (one.publish, one.publish_deny, one.subscribe, one.subscribe_deny)
                for entry in patterns or ()]

    for case in SOME:
        mutated = cases.mutated(case, 1)
        assert len(entries(mutated)) == len(entries(case)) - 1
        assert mutated.steps == case.steps


def test_equal_transcripts_have_no_differences():
    assert permissions.differences(["a", "b"], ["a", "b"]) == []


def test_one_line_makes_a_difference():
    found = permissions.differences(["-- step", "x"], ["-- step", "y"])
    assert "-y" in found and "+x" in found and " -- step" in found


def test_what_a_client_got_is_split_into_messages():
    received = (b"MSG a.b 1 5\r\nhello\r\n-ERR 'x'\r\nMSG a 2 inbox 0\r\n\r\n"
                b"HMSG a 2 12 14\r\nNATS/1.0\r\n\r\nhi\r\nMSG t 1  2\r\n{}\r\n")
    assert play.split(received) == [
        (b"MSG a.b 1 5", b"hello"), (b"-ERR 'x'", b""), (b"MSG a 2 inbox 0", b""),
        (b"HMSG a 2 12 14", b"NATS/1.0\r\n\r\nhi"), (b"MSG t 1  2", b"{}")]
