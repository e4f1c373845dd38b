"""Syntax errors: every message of the configuration language, its line, exit code 1.

Spec: config-and-cli §1.3-§1.9; checklist 6, 16, 18.
"""
import pytest

TOP = "Expected a top-level value to end with a new line, comment or EOF, but got '{}' instead."
BLOCK = "Expected a block-level value to end with a new line, comment or EOF, but got '{}' instead."
MAP_END = "Expected a map value terminator \",\" or a map terminator \"}}\", but got '{}' instead."
ARRAY_END = ("Expected an array value terminator \",\" or an array terminator \"]\","
             " but got '{}' instead.")
ESCAPE = ("Invalid escape character '{}'. Only the following escape characters are allowed:"
          " \\xXX, \\t, \\n, \\r, \\\", \\\\.")
HEX = "Expected two hexadecimal digits after '\\x', but got '{}'"
DIGIT = "Expected digit in ISO8601 datetime, but found '{}' instead."
LETTER = "Expected '{}' in ISO8601 datetime, but found '{}' instead."
ZULU = "All ISO8601 dates must be in full Zulu form."
FLOAT = "Floats must have a digit after the '.', but got '{}' instead."
NUL = "\0"  # what the end of the file prints as

ENTRIES = [  # 1.3
    ("a: 1 b", 1, TOP.format("b")),
    ("a: b\tc", 1, TOP.format("c")),
    ("port=4222 host=h", 1, TOP.format("h")),
    ('a: "x" y', 1, TOP.format("y")),
    ("a: 'x' y", 1, TOP.format("y")),
    ("a: [] b", 1, TOP.format("b")),
    ("a: {} b", 1, TOP.format("b")),
    ("a: b'c", 1, TOP.format("c")),
    ("a: ]", 1, TOP.format("]")),
    ("cluster{ a: 1 }", 1, TOP.format("1")),
    ("host = // note", 1, TOP.format("n")),
    ("a: 1\nb: 2\n\nc: 3 d", 4, TOP.format("d")),
    ("port: 4222 \u2003host: 1", 1, TOP.format("\u2003")),
    ("{ a: 1 b }", 1, BLOCK.format("b")),
    ("{ a: {} x}", 1, BLOCK.format("x")),
    ("{ a: [1 ] x", 1, BLOCK.format("x")),
    ("{\na: 1 )", 2, BLOCK.format(")")),
    ("{ a: 1 ]", 1, BLOCK.format("]")),
    ("{ port: 4222", 1, BLOCK.format(NUL)),
    ("=1", 1, "Unexpected key separator '='"),
    (":1", 1, "Unexpected key separator ':'"),
    ("\n\n  = 1", 3, "Unexpected key separator '='"),
    ("{ = 1 }", 1, "Unexpected key separator '='"),
    ("{ : 1}", 1, "Unexpected key separator ':'"),
    ("a:\n1", 2, "Expected value but found new line"),
    ("a :\n1", 2, "Expected value but found new line"),
    ("a = \n1", 2, "Expected value but found new line"),
    ("{ a:\n1 }", 2, "Expected value but found new line"),
    ("\0junk: 1", 1, "Unexpected EOF."),
]

MAPS = [
    ("a: { = 1 }", 1, "Unexpected key separator '='."),
    ("a: { : 1}", 1, "Unexpected key separator ':'."),
    ("a: {\nb: 1\n: 2}", 3, "Unexpected key separator ':'."),
    ("a: { ] }", 1, "Unexpected array end ']' processing map."),
    ("a: {", 1, "Unexpected EOF processing map."),
    ("a: {\n\n", 3, "Unexpected EOF processing map."),
    ("a: { b", 1, "Unexpected EOF processing map key."),
    ("a: {b}", 1, "Unexpected EOF processing map key."),
    ("a: {,}", 1, "Unexpected EOF processing map key."),
    ("a: {;}", 1, "Unexpected EOF processing map key."),
    ("a: {'b", 1, "Unexpected EOF processing quoted map key."),
    ('a: {"b', 1, "Unexpected EOF processing double quoted map key."),
    ("a: { b: , }", 1, 'Unexpected map value terminator ",".'),
    ("a: { b: 1", 1, MAP_END.format(NUL)),
    ("a: {b: 1 c: 2 }", 1, MAP_END.format("c")),
    ("a: {b: ]}", 1, MAP_END.format("]")),
    ("a: {\nb: 1 ] }", 2, MAP_END.format("]")),
    ("a: {b: {c: 1} d }", 1, MAP_END.format("d")),
    ("a: {b c", 1, MAP_END.format(NUL)),
]

ARRAYS = [
    ("a: [ , ]", 1, "Unexpected array value terminator ','."),
    ("a: [1,,2 ]", 1, "Unexpected array value terminator ','."),
    ("a: [\n,\n]", 2, "Unexpected array value terminator ','."),
    ("a: [1\n,2\n]", 2, "Unexpected array value terminator ','."),
    ("a: [x y]", 1, ARRAY_END.format("y")),
    ("a: [a;b]", 1, ARRAY_END.format(";")),
    ("a: [;]", 1, ARRAY_END.format(";")),
    ("a: [{a: 1} 2]", 1, ARRAY_END.format("2")),
    ("a: [1, 2", 1, ARRAY_END.format(NUL)),
    ("a: [1,2,3]", 1, ARRAY_END.format(NUL)),
    ("a: [1,2,3]\nb: 1", 2, ARRAY_END.format("1")),
    ("a: [a #b]", 1, ARRAY_END.format(NUL)),
    ("a: {b: [ }", 1, ARRAY_END.format("}")),
    ("server_tags: [include x]", 1, ARRAY_END.format("x")),
]

STRINGS = [  # 1.4
    ('a: "x', 1, "Unexpected EOF."),
    ("a: 'x", 1, "Unexpected EOF."),
    ('"a', 1, "Unexpected EOF."),
    ("'a", 1, "Unexpected EOF."),
    ("a: (x", 1, "Unexpected EOF processing block."),
    ("a: (x)\n", 2, "Unexpected EOF processing block."),
    ("a: (\nb\n) \n", 4, "Unexpected EOF processing block."),
    (r'a: "\y"', 1, ESCAPE.format("y")),
    (r"a: \y", 1, ESCAPE.format("y")),
    (r"a: b\y", 1, ESCAPE.format("y")),
    (r'a: "\u0041"', 1, ESCAPE.format("u")),
    (r'a: "\/"', 1, ESCAPE.format("/")),
    (r'a: "\b"', 1, ESCAPE.format("b")),
    ("a: \"\\'\"", 1, ESCAPE.format("'")),
    (r'a: "\xzz"', 1, HEX.format("zz")),
    (r'a: "\x4"', 1, HEX.format('4"')),
    (r'a: "\x4g"', 1, HEX.format("4g")),
    ('a: "\\x\n"', 2, "Expected two hexadecimal digits after '\\x', but hit end of line"),
]

NUMBERS = [  # 1.5
    ("a: .5", 1, "Floats must start with a digit"),
    ("a: -.5", 1, "Floats must start with a digit, not '.'."),
    ("a: -x", 1, "Expected a digit but got 'x'."),
    ("a: -", 1, f"Expected a digit but got '{NUL}'."),
    ("a: - 5", 1, "Expected a digit but got ' '."),
    ("a: --5", 1, "Expected a digit but got '-'."),
    ("a: 5.x", 1, FLOAT.format("x")),
    ("a: 5.", 1, FLOAT.format(NUL)),
    ("a: 5.\n", 2, FLOAT.format("\\n")),
    ("a: 1.5s", 1, TOP.format("s")),
    ("a: 1.5k", 1, TOP.format("k")),
    ("a: 10.0.0.0/8", 1, TOP.format("8")),
]

DATETIMES = [  # 1.6
    ("a: 2024-prod", 1, DIGIT.format("p")),
    ("a: 2024-1-02", 1, DIGIT.format("-")),
    ("a: 2024-01-0", 1, DIGIT.format(NUL)),
    ("a: 2024-01-02", 1, LETTER.format("T", NUL)),
    ("a: 2024-01-02x", 1, LETTER.format("T", "x")),
    ("a: 2024-01-02T03:04:05", 1, LETTER.format("Z", NUL)),
    ("a: 2024-01-02T03:04:05z", 1, LETTER.format("Z", "z")),
    ("a: 2024-01-02T03-04", 1, LETTER.format(":", "-")),
    ("a: 1-node", 1, ZULU),
    ("a: 20245-01", 1, ZULU),
]

INCLUDES = [  # 1.8
    ("include [a]", 1, "Expected include value but found start of an array"),
    ("include {a}", 1, "Expected include value but found start of a map"),
    ("include (a)", 1, "Expected include value but found start of a block"),
    ("include 3.conf", 1, "Expected include value but found start of a number"),
    ("include -x", 1, "Expected include value but found start of a number"),
    ("include \\a", 1, "Expected include value but found escape sequence"),
    ("include \n", 2, "Expected include value but found new line"),
    ("include 'abc", 1, "Unexpected EOF in quoted include"),
    ('include "abc', 1, "Unexpected EOF in double quoted include"),
]

ROWS = ENTRIES + MAPS + ARRAYS + STRINGS + NUMBERS + DATETIMES + INCLUDES


@pytest.mark.parametrize("text, line, message", ROWS, ids=[repr(row[0]) for row in ROWS])
def test_a_syntax_error_names_its_line_and_what_was_met(check, text, line, message):
    outcome = check(text)
    assert (outcome.code, outcome.text) == (1, f"Parse error on line {line}: '{message}'\n")


CONVERSIONS = [
    ("a: 9223372036854775808", "integer '9223372036854775808' is out of the range"),
    ("a: -9223372036854775809", "integer '-9223372036854775809' is out of the range"),
    ("a: 99999999999999999999k", "integer '99999999999999999999k' is out of the range"),
    ("a: 1" + "0" * 400 + ".0", "float '1" + "0" * 400 + ".0' is out of the range"),
    ("a: 2024-13-02T00:00:00Z", "expected Zulu formatted DateTime, but got '2024-13-02T00:00:00Z'"),
    ("a: 2023-02-29T00:00:00Z", "expected Zulu formatted DateTime, but got '2023-02-29T00:00:00Z'"),
    ("a: 2024-01-02T24:00:00Z", "expected Zulu formatted DateTime, but got '2024-01-02T24:00:00Z'"),
]


@pytest.mark.parametrize("text, message", CONVERSIONS, ids=[row[0][:24] for row in CONVERSIONS])
def test_a_value_out_of_range_is_an_error_without_position(check, text, message):
    outcome = check(text)
    assert (outcome.code, outcome.text) == (1, message + "\n")


INCOMPLETE = [
    ("foo", "1:3"), ("a,a,a", "1:5"), ("port: 1\nfoo", "2:4"), ("port: 1\nfoo\n", "3:1"),
    ("{ a", "1:3"), ("a: {}} b", "1:8"), ("{ port: 1 } ]", "1:13"),
    ("port: 4222\0 junk", "1:16"),
]


@pytest.mark.parametrize("text, position", INCOMPLETE)
def test_a_key_without_value_at_the_end_makes_the_file_invalid(check, text, position):
    outcome = check(text)
    assert (outcome.code, outcome.text) == (1, f"config is invalid (nats.conf:{position})\n")


def test_nothing_but_the_first_syntax_error_is_reported(check):
    outcome = check("unknown: 1\nmax_sub_tokens: 256\na: [x y]\nb: 1 c\n")
    assert outcome.text == f"Parse error on line 3: '{ARRAY_END.format('y')}'\n"


def test_a_syntax_error_prevents_the_start(check, run_server):
    check.write({"nats.conf": "a: 1 b"})
    done = run_server(["-c", str(check.folder / "nats.conf")])
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"nats-server: Parse error on line 1: '{TOP.format('b')}'\n"


def test_a_file_that_cannot_be_read_gives_the_system_error(check, run_server):
    for args in (["-c", "{}/none.conf"], ["-t", "-c", "{}/none.conf"], ["-t", "-c", "{}"]):
        path = args[-1].format(check.folder)
        done = run_server([*args[:-1], path])
        assert (done.returncode, done.stdout) == (1, "")
        reason = f"open {path}: no such file or directory" if "none" in path else (
            f"read {path}: is a directory")
        assert done.stderr == f"nats-server: {reason}\n"
