"""The configuration language: values, blocks, comments, variables, includes, digests.

Spec: config-and-cli §1.1-§1.8, §1.10, §1.11; checklist 1-17, 22, 23. The digest that `-t`
prints is a hash of the parsed tree, so it shows what every text was read as.
"""
import pytest

# Value as written, JSON of what it must be read as.
SCALARS = [
    # numbers and size suffixes, 1.5
    ("123", "123"), ("-5", "-5"), ("0", "0"), ("-0", "0"), ("007", "7"),
    ("9223372036854775807", "9223372036854775807"),
    ("-9223372036854775808", "-9223372036854775808"),
    ("8k", "8000"), ("8K", "8000"), ("-8k", "-8000"), ("1m", "1000000"), ("1M", "1000000"),
    ("2g", "2000000000"), ("2t", "2000000000000"), ("2p", "2000000000000000"),
    ("2e", "2000000000000000000"),
    ("4kb", "4096"), ("4Ki", "4096"), ("4kib", "4096"), ("4KB", "4096"), ("4KiB", "4096"),
    ("2Mi", "2097152"), ("1MB", "1048576"), ("1mib", "1048576"), ("22GB", "23622320128"),
    ("1gi", "1073741824"), ("1tb", "1099511627776"), ("1TiB", "1099511627776"),
    ("1pb", "1125899906842624"), ("1Ei", "1152921504606846976"), ("1eib", "1152921504606846976"),
    ("10e", "-8446744073709551616"), ("16eb", "0"),
    ("0.5", "0.5"), ("-2.25", "-2.25"), ("2.0", "2"), ("1.50", "1.5"),
    ("0.000001", "0.000001"), ("0.0000001", "1e-7"),
    ("123456789012345678901.5", "123456789012345680000"),
    ("1234567890123456789012.5", "1.2345678901234568e+21"),
    # what looks like a number and is a string
    ("20s", '"20s"'), ("100ms", '"100ms"'), ("1h", '"1h"'), ("2h30m", '"2h30m"'),
    ("3xyz", '"3xyz"'),
    ("1m30s", '"1m30s"'), ("1e5", '"1e5"'), ("1_000", '"1_000"'), ("0x10", '"0x10"'),
    ("+5", '"+5"'),
    ("1#x", '"1#x"'), ("12:34", '"12:34"'), ("127.0.0.1", '"127.0.0.1"'),
    ("127.0.0.1:4222", '"127.0.0.1:4222"'), ("1.2.3.4:-1", '"1.2.3.4:-1"'),
    (":80", '":80"'), (":-1", '":-1"'),
    # booleans
    ("true", "true"), ("True", "true"), ("yes", "true"), ("ON", "true"), ("on", "true"),
    ("false", "false"), ("FALSE", "false"), ("no", "false"), ("Off", "false"),
    ('"true"', '"true"'), ("'on'", '"on"'), ('"22"', '"22"'), ("'$x'", '"$x"'),
    ("truex", '"truex"'),
    # datetimes, 1.6
    ("2024-01-02T03:04:05Z", '"2024-01-02T03:04:05Z"'),
    ("2016-05-04T18:53:41Z", '"2016-05-04T18:53:41Z"'),
    # bare words
    ("bar", '"bar"'), ("bar#x", '"bar#x"'), ("nats://h:1", '"nats://h:1"'), ("a//b", '"a//b"'),
    (r"a\tb", r'"a\tb"'), (r"\\$var", r'"\\$var"'), (r"tru\x65", '"true"'), (r"a\x20b", '"a b"'),
    (r"\x24v", '"$v"'), ("a'", '"a"'), ("a:b=c", '"a:b=c"'), ("a[b", '"a[b"'), ("a{b", '"a{b"'),
    ("a)b(", '"a)b("'), (")", '")"'), (r"\"a\"", r'"\"a\""'), ("wort\u00e9", '"wort\u00e9"'),
    ("$2a$11$ooo", '"$2a$11$ooo"'), ("'$2b$11$ooo'", '"$2b$11$ooo"'), ("//", '"//"'),
    # quoted strings
    ("'a b'", '"a b"'), ("'a;b,c}'", '"a;b,c}"'), ("''", '""'), ('""', '""'),
    (r"'a\tb'", r'"a\\tb"'), ("'a\nb'", r'"a\nb"'), ('"a\nb"', r'"a\nb"'),
    (r'"\x41\t\""', r'"A\t\""'), (r'"\n\r\\"', r'"\n\r\\"'), (r'"\xff"', r'"\ufffd"'),
    (r'"\xc3\xa9"', '"\u00e9"'), (r'"\x08\x0C\x01\x1f"', r'"\b\f\u0001\u001f"'),
    ('"# no comment"', '"# no comment"'), ('"it\'s"', '"it\'s"'), ("'say \"x\"'", r'"say \"x\""'),
    # the JSON form behind the digest escapes five characters, 1.11
    ('"<a>&"', r'"\u003ca\u003e\u0026"'), ("'\u2028\u2029'", r'"\u2028\u2029"'),
    (b'"\xff\xfea"', r'"\ufffd\ufffda"'), (r'"\x7f"', '"\x7f"'), ("'\U0001f600'", '"\U0001f600"'),
]


@pytest.mark.parametrize("written, tree", SCALARS, ids=[repr(row[0]) for row in SCALARS])
def test_a_scalar_is_read_as_the_value_it_means(check, value_digest, written, tree):
    if isinstance(written, bytes):
        outcome = check(b"v: " + written + b"\nhost: $v\nhost: h\n")
        assert outcome.digest == value_digest(tree)
    else:
        assert check.value(written) == value_digest(tree)


BLOCK_STRINGS = [
    ("(\n  12(34)56\n)", r'"\n  12(34)56\n"'),
    ("(\nab\n)", r'"\nab\n"'),
    ("(\n)", r'"\n"'),
    ("(ab\n)", r'"ab\n"'),
    (r"(" + "\n" + r"a\tb" + "\n)", r'"\na\\tb\n"'),
    ("(\na\n) \nb\n)", r'"\na\n) \nb\n"'),
    ("(\na\n)\r\nb\n)", r'"\na\n)\r\nb\n"'),
    ("(\n )\n)", r'"\n )\n"'),
]


@pytest.mark.parametrize("written, tree", BLOCK_STRINGS)
def test_a_block_string_is_verbatim_up_to_a_bracket_alone_on_its_line(
        check, value_digest, written, tree):
    assert check.value(written) == value_digest(tree)


CONTAINERS = [
    ("[]", "[]"), ("{}", "{}"), ("[a, b]", '["a","b"]'), ("[a\nb\n]", '["a","b"]'),
    ("[1,2,3 ]", "[1,2,3]"), ("[1,]", "[1]"), ("[1.5]", "[1.5]"), ("[true]", "[true]"),
    ("[\n1\n2,\n3\n]", "[1,2,3]"), ("[[1 ],[2 ]]", "[[1],[2]]"), ("['a' ,\"b\"]", '["a","b"]'),
    ("[1, a, 2.5, {b: c}, on]", '[1,"a",2.5,{"b":"c"},true]'),
    ("{a: 1, b: 2}", '{"a":1,"b":2}'), ("{b: 2; a: 1}", '{"a":1,"b":2}'),
    ("{\na: 1\nb: 2\n}", '{"a":1,"b":2}'), ("{a: 1,}", '{"a":1}'),
    ("{a: 1;;b: 2}", '{";b":2,"a":1}'),
    ("{a: 1, a: 2}", '{"a":2}'), ("{a: {b: {c: d}}}", '{"a":{"b":{"c":"d"}}}'),
    ("{a:\n1}", '{"a":1}'), ("{a\n1}", '{"a":1}'), ("{A: 1, a: 2}", '{"A":1,"a":2}'),
    ('{"a b": 1}', '{"a b":1}'), ("{'a b' 1}", '{"a b":1}'), ('{"a\\tb": 1}', r'{"a\\tb":1}'),
    ("{a#b: 1}", '{"a#b":1}'), ("{include: 1}", '{"include":1}'),
    ("{\"include\" 1}", '{"include":1}'),
    ("[a # c\nb // d\n]", '["a","b"]'), ("[ # c\na]", '["a"]'), ("[a#b]", '["a#b"]'),
    ("{ # c\na: 1 // d\n# e\nb: 2 }", '{"a":1,"b":2}'),
    ("{a: [{b: 1}, {b: 2}], c: {}}", '{"a":[{"b":1},{"b":2}],"c":{}}'),
]


@pytest.mark.parametrize("written, tree", CONTAINERS)
def test_a_map_or_array_is_read_with_all_its_entries(check, value_digest, written, tree):
    assert check.value(written) == value_digest(tree)


# One tree, many spellings.
HOST_TREE = '{"host":"h"}'
SPELLINGS = [
    "host = h", "host : h", "host h", "host=h", "host:h", "\"host\" = 'h'", "'host' \"h\"",
    "{ host: h }", "{host: h}", "{\nhost: h\n}\n", "host: h\n}", "host: h }", "{{host: h}}",
    "host\nh", "host\n\n  h", "host\n= h", "host: h\r\n", "host: h;", "host: h,", "host: h # c",
    "host: h // c", "# c\nhost: h\n// c", "\n\n\thost:\th\n", "host: x\nhost: h", "host\u00a0h",
    "host: 'h'#c", "{ host: h } }", '{"host":"h"}', '{\n  "host": "h",\n}\n',
]


@pytest.mark.parametrize("text", SPELLINGS)
def test_layout_comments_and_quotes_do_not_change_the_digest(check, digest_of, text):
    assert check(text).digest == digest_of(HOST_TREE)


ENTRIES = '{"debug":true,"host":"h","port":4222}'
SEPARATORS = [
    "port=4222;host=h, debug=true", "port=4222\nhost=h\ndebug=yes", "port: 4222,host: h,debug: ON",
    "{ port: 4222 } host: h\n debug: on", "{port: 4222}{host: h}{debug: true}",
    "{\n port: 4222; host: h, debug: on }", "port: 4222\r\nhost: h\r\ndebug: on\r\n",
    "port: 4222\rhost: h\rdebug: on", "port 4222 # a\nhost h // b\ndebug on",
    '{"port":4222,"host":"h","debug":true}', '{\n "port": 4222,\n "host": "h",\n "debug": true,\n}',
]


@pytest.mark.parametrize("text", SEPARATORS)
def test_entries_end_at_a_new_line_a_semicolon_or_a_comma(check, digest_of, text):
    assert check(text).digest == digest_of(ENTRIES)


def test_the_digests_of_the_chapter_come_out(check):
    assert check("port: 4222").digest == (
        "sha256:797533ebd0dfba7d34a0f9337ecf147e442871f48ddfd07ed751575a5737267e")


def test_a_variable_only_key_counts_in_the_digest(check, digest_of):
    assert check("P: 4222\nport: $P").digest == digest_of('{"P":4222,"port":4222}')


def test_option_names_are_taken_in_any_case_and_kept_in_the_tree(check, digest_of):
    assert check("Port: 4333\nHOST: h").digest == digest_of('{"HOST":"h","Port":4333}')


def test_a_size_that_matches_no_multiplier_drops_its_entry(check):
    for size in ("1kbb", "1kii", "1mbi", "3kibb"):
        assert check(f"max_payload: {size}\nhost: h").valid
        outcome = check(f"v: {size}\nhost: $v")
        assert (outcome.code, outcome.text) == (
            1, "variable reference for 'v' on line 2 can not be found\n")


EMPTY = ["", "\n", "# x\n", "// x", "{", "}", "{}", "{}}", "  \n\t\n", "{ # x\n}"]


@pytest.mark.parametrize("text", EMPTY)
def test_a_file_without_entries_is_a_warning(check, text):
    assert check(text).problems == ["nats.conf: config has no values or is empty"]


# ---- variables, 1.7

VARIABLES = [
    ("P: 4333\nport: $P", '{"P":4333,"port":4333}'),
    ("A: 7890\nB: $A\nC: $B\nport: $C", '{"A":7890,"B":7890,"C":7890,"port":7890}'),
    ("port: 4333\nhttp_port: $port", '{"http_port":4333,"port":4333}'),
    ("T: [a, b]\nserver_tags: $T", '{"T":["a","b"],"server_tags":["a","b"]}'),
    ("M: {a: b}\nserver_metadata: $M", '{"M":{"a":"b"},"server_metadata":{"a":"b"}}'),
    ("D: true\ndebug: $D", '{"D":true,"debug":true}'),
    ("X: one\nhost: $X\nserver_metadata { X: two, Y: $X }",
     '{"X":"one","host":"one","server_metadata":{"X":"two","Y":"two"}}'),
    ("X: one\nserver_metadata { Y: $X, X: two }",
     '{"X":"one","server_metadata":{"X":"two","Y":"one"}}'),
    ("X: one\nserver_tags: [a, $X]", '{"X":"one","server_tags":["a","one"]}'),
    ("X: one\nX: two\nhost: $X", '{"X":"two","host":"two"}'),
    ("X: one\nX: $X\nhost: $X", '{"X":"one","host":"one"}'),
    ("'HOST:1' a\nhost: $HOST:1", '{"HOST:1":"a","host":"a"}'),
    ("{ X: h }\nhost: $X", '{"X":"h","host":"h"}'),
    ("'a b': h\nhost: '$a b'", None),
    ("X: h\nhost: a$X", None),
    ("X: h\nhost: \"$X\"", None),
    ("X: h\nhost: '$X'", None),
]


@pytest.mark.parametrize("text, tree", VARIABLES)
def test_a_reference_takes_the_nearest_value_seen_before_it(check, digest_of, text, tree):
    if tree is None:  # no reference: the key stays unused and unknown
        assert "unknown field" in check(text).text
    else:
        assert check(text).digest == digest_of(tree)


NOT_FOUND = [
    ("A: $A", "A", 1), ("port: $P\nP: 4222", "P", 1), ("\n\nhost: $x", "x", 3),
    ("server_tags: [$x]", "x", 1), ("server_metadata { a: $x }", "x", 1), ("host: $", "", 1),
    ("server_metadata { X: one }\nhost: $X", "X", 2),
    ("HOST: h\nlisten: $HOST:4222", "HOST:4222", 2),
    ("authorization { password: $2b$11$ooo }", "2b$11$ooo", 1),
    ("authorization { password: $2y$11$ooo }", "2y$11$ooo", 1),
]


@pytest.mark.parametrize("text, name, line", NOT_FOUND)
def test_a_reference_to_nothing_names_itself_and_its_line(check, text, name, line):
    outcome = check(text)
    assert (outcome.code, outcome.text) == (
        1, f"variable reference for '{name}' on line {line} can not be found\n")


ENVIRONMENT = [
    ("22", "22"), ("8k", "8000"), ("-1", "-1"), ("2.5", "2.5"), ("true", "true"), ("off", "false"),
    ("word", '"word"'), ("'3x'", '"3x"'), ("3x", '"3x"'), ("'a b'", '"a b"'),
    ('"a\\tb"', r'"a\tb"'),
    ("", '""'), ("''", '""'), ("[a,b]", '["a","b"]'), ("{a: 1, b: c}", '{"a":1,"b":"c"}'),
    ("a#b", '"a#b"'), ("12:34", '"12:34"'), ("nats://a:1", '"nats://a:1"'), ("$OTHER", "77"),
    ("$2a$11$ooo", '"$2a$11$ooo"'),
]


@pytest.mark.parametrize("environment, tree", ENVIRONMENT)
def test_an_environment_value_is_read_as_configuration_text(
        check, value_digest, environment, tree):
    env = {"GANNET_T": environment, "OTHER": "77"}
    assert check.value("$GANNET_T", env=env) == value_digest(tree)


def test_a_key_of_the_file_hides_the_environment(check, digest_of):
    outcome = check("X: file\nhost: $X", env={"X": "environment"})
    assert outcome.digest == digest_of('{"X":"file","host":"file"}')


UNREADABLE_ENVIRONMENT = [
    ("$P", "variable reference for 'P' on line 1 can not be found"),
    ("a b", "Parse error on line 1: 'Expected a top-level value to end with a new line, comment"
            " or EOF, but got 'b' instead.'"),
    ("a,b", "config is invalid (:1:6)"),
    ("1;2", "config is invalid (:1:6)"),
    ("include x", "Parse error on line 1: 'Expected a top-level value to end with a new line,"
                  " comment or EOF, but got 'x' instead.'"),
]


@pytest.mark.parametrize("environment, reason", UNREADABLE_ENVIRONMENT)
def test_an_environment_value_that_cannot_be_read_gives_its_reason(check, environment, reason):
    outcome = check("P: 4222\nhttp_port: $P\nhost: $T", env={"T": environment})
    assert (outcome.code, outcome.text) == (
        1, f"variable reference for 'T' on line 3 could not be parsed: {reason}\n")


@pytest.mark.parametrize("env", [{"T": "$T"}, {"T": "$U", "U": "$T"}])
def test_a_cycle_through_the_environment_is_named(check, env):
    outcome = check("host: $T", env=env)
    assert outcome.code == 1
    assert "variable reference cycle for 'T'" in outcome.text


def test_an_array_of_the_environment_has_no_positions_for_tags(check):
    outcome = check("server_tags: $T", env={"T": "[a,b]"})
    assert outcome.problems == ["nats.conf:1:0: error parsing tags: unsupported type string"]


def test_an_environment_value_of_the_wrong_type_is_the_options_error(check):
    assert "interface conversion:" in check("host: $T", env={"T": "123"}).text


# ---- include, 1.8

INCLUDES = [
    ("include x.conf", {"x.conf": "port: 4333"}, '{"port":4333}'),
    ("include 'x.conf'", {"x.conf": "port: 4333"}, '{"port":4333}'),
    ('include "x.conf"', {"x.conf": "{ port: 4333 }"}, '{"port":4333}'),
    ("INCLUDE\tx.conf", {"x.conf": "port: 4333"}, '{"port":4333}'),
    ("include x.conf; host: h", {"x.conf": "port: 4333"}, '{"host":"h","port":4333}'),
    ("{ include x.conf\n}", {"x.conf": "port: 4333"}, '{"port":4333}'),
    ("{ include x.conf}", {"x.conf": "port: 4333"}, '{"port":4333}'),
    ("port: 1\ninclude x.conf", {"x.conf": "port: 4333"}, '{"port":4333}'),
    ("include x.conf\nport: 1", {"x.conf": "port: 4333"}, '{"port":1}'),
    ("host: h\ninclude x.conf", {"x.conf": ""}, '{"host":"h"}'),
    ("host: h\ninclude x.conf", {"x.conf": "# nothing\n"}, '{"host":"h"}'),
    ("authorization { include x.conf }", {"x.conf": "token: t"}, '{"authorization":{"token":"t"}}'),
    ("authorization {\n include 'x.conf'\n}", {"x.conf": "token: t"},
     '{"authorization":{"token":"t"}}'),
    ("authorization { timeout: 3, include x.conf\n }", {"x.conf": "token: t"},
     '{"authorization":{"timeout":3,"token":"t"}}'),
    ("include d/x.conf", {"d/x.conf": "port: 4333"}, '{"port":4333}'),
    ("include d/x.conf", {"d/x.conf": "include y.conf", "d/y.conf": "port: 4333"}, '{"port":4333}'),
    ("include d/x.conf", {"d/x.conf": "include ../y.conf", "y.conf": "port: 1"}, '{"port":1}'),
    ("include /x.conf", {"x.conf": "port: 4333"}, '{"port":4333}'),
    ("include 'x y.conf'", {"x y.conf": "port: 4333"}, '{"port":4333}'),
    ("include $X", {"$X": "port: 4333"}, '{"port":4333}'),
    ("include x.conf\nport: $P", {"x.conf": "P: 4333"}, '{"P":4333,"port":4333}'),
    ("include x.conf\nauthorization { token: $T }", {"x.conf": "T: t"},
     '{"T":"t","authorization":{"token":"t"}}'),
]


@pytest.mark.parametrize("text, files, tree", INCLUDES)
def test_an_include_counts_as_if_its_entries_stood_there(check, digest_of, text, files, tree):
    assert check(text, files=files).digest == digest_of(tree)


def test_an_include_sees_the_environment(check, digest_of):
    outcome = check("include x.conf", files={"x.conf": "host: $T"}, env={"T": "h"})
    assert outcome.digest == digest_of('{"host":"h"}')


def nested(name: str, reason: str) -> str:
    return f"error parsing include file '{name}', {reason}"


BAD_INCLUDES = [
    ("include x.conf", {}, nested("x.conf", "open x.conf: no such file or directory")),
    ("include /etc/none.conf", {},
     nested("/etc/none.conf", "open etc/none.conf: no such file or directory")),
    ("include x,", {}, nested("x,", "open x,: no such file or directory")),
    ("include = x", {}, nested("=", "open =: no such file or directory")),
    ("include x.conf", {"x.conf": "foo"}, nested("x.conf", "config is invalid (x.conf:1:3)")),
    ("P: 1\ninclude x.conf", {"x.conf": "\nport: $P"},
     nested("x.conf", "variable reference for 'P' on line 2 can not be found")),
    ("include x.conf", {"x.conf": "a: 1\n=b"},
     nested("x.conf", "Parse error on line 2: 'Unexpected key separator '=''")),
    ("include x.conf", {"x.conf": "include y.conf"},
     nested("x.conf", nested("y.conf", "open y.conf: no such file or directory"))),
    ("\n\ninclude d/x.conf", {"d/x.conf": "include y.conf"},
     nested("d/x.conf", nested("y.conf", "open d/y.conf: no such file or directory"))),
]


@pytest.mark.parametrize("text, files, reason", BAD_INCLUDES)
def test_a_bad_include_is_named_with_its_reason(check, text, files, reason):
    outcome = check(text, files=files)
    assert (outcome.code, outcome.text) == (1, reason + "\n")


def test_a_quoted_or_separated_include_is_an_ordinary_key(check):
    assert check("include: x").problems == ['nats.conf:1:0: unknown field "include"']
    assert check("include=x").problems == ['nats.conf:1:0: unknown field "include"']
    assert check('"include" x').problems == ['nats.conf:1:1: unknown field "include"']
    assert check("includex: 1").problems == ['nats.conf:1:0: unknown field "includex"']
