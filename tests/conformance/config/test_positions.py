"""Where an error is said to be: FILE:LINE:COL.

Spec: config-and-cli §1.10, §2.2; checklist 19-21. Lines count from 1; columns count bytes, from
0 on the first line and from 1 on all others.
"""
import pytest

UNKNOWN = [
    ("x: 1", "1:0"), ("   x: 1", "1:3"), ("\tx: 1", "1:1"), ("\n\tx: 1", "2:2"),
    ("port: 4222\n monitor = 1\n", "2:2"), ("# c\nx: 1", "2:1"), ("\nport: 1, x: 2", "2:10"),
    ("port: 1, x: 2", "1:9"), ("port: 1; x: 2", "1:9"),
    ("port: 4222\n" + 16 * " " + "x = 1", "2:17"),
    # inside the quotes
    ('"x": 1', "1:1"), ('\n"x": 1', "2:2"), ("\n'x': 1", "2:2"), ("\n  'x y': 1", "2:4"),
    # bytes, not characters
    ("\n host: \u00e9, x: 1", "2:12"), ("# \u00e9\nx: 1", "2:1"), ("\n\u00e9: 1", "2:1"),
    # line ends: a carriage return alone is not one
    ("port: 4222\r\n x: 1", "2:2"), ("\r\n\r\nx: 1", "3:1"), ("port: 4222\r x: 1\r", "1:12"),
    # braces around the file
    ("{x: 1}", "1:1"), ("{\n x: 1}", "2:2"), ("\n{ x: 1}", "2:3"),
    # values that span lines
    ('host: "a\nb"\nx: 1', "3:1"), ("host: 'a\nb', x: 1", "2:5"), ("host: (\na\n)\nx: 1", "4:1"),
    ("server_tags: [\na\nb\n], x: 1", "4:4"), ("server_metadata {\n a: b\n}\n x: 1", "4:2"),
    # inside a block
    ("authorization { x: 1 }", "1:16"), ("authorization {\n x: 1 }", "2:2"),
    ("authorization {\n user: a,\n\n  x: 1 }", "4:3"), ("authorization { user: a, x: 1 }", "1:25"),
    ("authorization {'x' 1}", "1:16"), ("\n authorization { \"x\" 1}", "2:19"),
]


@pytest.mark.parametrize("text, position", UNKNOWN, ids=[repr(row[0]) for row in UNKNOWN])
def test_an_unknown_field_is_located_at_its_key(check, text, position):
    (problem,) = check(text).problems
    assert problem.startswith(f'nats.conf:{position}: unknown field "')


def test_an_unknown_field_is_quoted_as_written(check):
    rows = [("X-y: 1", "X-y"), ('"a\tb": 1', r"a\tb"), ("'a\"b': 1", r"a\"b"), ("a\\b: 1", r"a\\b")]
    for text, name in rows:
        problems = check(text).problems
        assert len(problems) == 1
        assert problems[0].endswith(f': unknown field "{name}"')


SEMANTIC = [  # the key of the option, whatever its value looks like
    ("\n  max_sub_tokens:\t256", "2:3", "max_sub_tokens value is too big"),
    ("\n authorization {\n user: a\n token: b\n}\n", "2:2", "Cannot have a user/pass and token"),
    ("authorization { user: a, token: b }", "1:0", "Cannot have a user/pass and token"),
    ('authorization { timeout: "x" }', "1:16",
     "error parsing authorization config, 'timeout' time: invalid duration \"x\""),
    ("\nserver_name: 'a b'", "2:1", "server name cannot contain spaces"),
    ("\ntls: {\n cert_file: none\n}", "2:1", "missing 'key_file' in TLS configuration"),
    ("tls {\n x: 1 }", "2:2", 'error parsing tls config, unknown field "x"'),
    ("server_tags: [\n 1\n a ]", "1:0",
     "error parsing tags: unsupported type *conf.token where string is expected"),
    ("\n lame_duck_duration: 10s", "2:2",
     "invalid lame_duck_duration of 10s, minimum is 30 seconds"),
]


@pytest.mark.parametrize("text, position, reason", SEMANTIC, ids=[repr(r[0]) for r in SEMANTIC])
def test_a_bad_value_is_located_at_its_key(check, text, position, reason):
    assert check(text).problems == [f"nats.conf:{position}: {reason}"]


def test_an_array_element_is_located_at_itself(check):
    reason = ("error parsing tls config, 'pinned_certs' key x does not look like hex-encoded sha256"
              " of DER encoded SubjectPublicKeyInfo")
    rows = [("tls { pinned_certs: [x] }", "1:21"), ("\ntls { pinned_certs: [\n  'x'\n] }", "3:4"),
            ("tls { pinned_certs: [ \"x\" ] }", "1:23")]
    for text, position in rows:
        assert check(text).problems == [f"nats.conf:{position}: {reason}"], text


def test_a_warning_is_located_at_its_key(check):
    assert check("\n ping_interval: 5").problems == [
        'nats.conf:2:2: invalid use of field "ping_interval":'
        " ping_interval should be converted to a duration"]


INCLUDED = [
    ("include d/x.conf", {"d/x.conf": "\n y: 1"}, ['d/x.conf:2:2: unknown field "y"']),
    ("authorization { include d/x.conf }", {"d/x.conf": "\n y: 1"},
     ['d/x.conf:2:2: unknown field "y"']),
    ("port: 1\ninclude d/x.conf\n z: 1",
     {"d/x.conf": "\n y: 1\n include x2", "d/x2": "\n\n\t q: 3"},
     ['d/x.conf:2:2: unknown field "y"', 'd/x2:3:3: unknown field "q"',
      'nats.conf:3:2: unknown field "z"']),
    ("authorization { include d/x.conf\n }", {"d/x.conf": "\n user: a\n token: b"},
     ["nats.conf:1:0: Cannot have a user/pass and token"]),
    ("include x.conf", {"x.conf": " max_sub_tokens: 0"},
     ["x.conf:1:1: max_sub_tokens value can not be negative"]),
]


@pytest.mark.parametrize("text, files, problems", INCLUDED)
def test_an_included_key_keeps_the_position_in_its_own_file(check, text, files, problems):
    assert sorted(check(text, files=files).problems) == problems


def test_the_file_is_named_as_it_was_given(check, run_server):
    check.write({"nats.conf": "x: 1"})
    done = run_server(["-t", "-c", f"{check.folder}/./nats.conf"])
    assert done.stderr == f'nats-server: {check.folder}/./nats.conf:1:0: unknown field "x"\n\n'
