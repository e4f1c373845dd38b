"""Users and permissions in the configuration: what is refused, where, in which words.

Spec: config-and-cli §3.2, §3.12, §4; checklist 27 to 30 there; accounts-and-auth checklist 19.
"""
import pytest

from harness.nkeys import ACCOUNT, OPERATOR, SERVER, Key

pytestmark = pytest.mark.later_part("users and permissions")

KEY = Key.of(1).public
NOT_A_KEY = "Not a valid public nkey for a user"
NO_USER = "User entry requires a user"


def of_users(*rows: str) -> str:
    """Each row is a line of its own, from line 2 on."""
    return "authorization { users: [\n" + "".join(f"{row}\n" for row in rows) + "] }\n"


def of_permissions(text: str) -> str:
    """`text` is in line 3 and the following ones."""
    return of_users("{ user: a, permissions: {", text, "} }")


# ---- the list

REFUSED = [  # lines of the list, the only problem
    (["{user: a, x: 1}"], '2:11: unknown field "x"'), (["{user: a,", ' "X y": 1}'],
                                                       '3:3: unknown field "X y"'),
    (["{user: a, times: []}"], '2:11: unknown field "times"'),
    (["{user: a, src: []}"], '2:11: unknown field "src"'),
    (["{user: a, account: A}"], '2:11: unknown field "account"'),
    (["{user: a, token: t}"], '2:11: unknown field "token"'),
    (["{password: b}"], f"2:2: {NO_USER}"), (["{}"], f"2:3: {NO_USER}"),
    ([' {user: ""}'], f"2:3: {NO_USER}"), (["{permissions: {}}"], f"2:2: {NO_USER}"),
    (["{user: b}", "  {password: b}", "{x: 1}"], f"3:4: {NO_USER}"),
    (["a"], "2:1: Expected user entry to be a map/struct, got a"),
    (["{user: a}", "  b"], "3:3: Expected user entry to be a map/struct, got b"),
    (["{user: 3}"], "2:2: interface conversion: interface {} is int64, not string"),
    (["{user: a, password: 3}"], "2:11: interface conversion: interface {} is int64, not string"),
    (["{user: a, password: true}"], "2:11: interface conversion: interface {} is bool, not string"),
    (["{nkey: 3}"], "2:2: interface conversion: interface {} is int64, not string"),
    (["{user: a, proxy_required: 3}"],
     "2:11: interface conversion: interface {} is int64, not bool"),
    (["{nkey: abc}"], f"2:2: {NOT_A_KEY}"), (["{nkey: %s}" % KEY[:-1]], f"2:2: {NOT_A_KEY}"),
    (["{nkey: %s}" % KEY.lower()], f"2:2: {NOT_A_KEY}"),
    (["{nkey: %sAA}" % KEY], f"2:2: {NOT_A_KEY}"), (["{nkey: ' %s'}" % KEY], f"2:2: {NOT_A_KEY}"),
    (["{nkey: %sA}" % KEY[:-1]], f"2:2: {NOT_A_KEY}"),
    *[(["{nkey: %s}" % key], f"2:2: {NOT_A_KEY}") for key in (
        Key.of(1, ACCOUNT).public, Key.of(1, SERVER).public, Key.of(1, OPERATOR).public,
        Key.of(1).seed)],
    (["{user: a, clients: [x, standard, y]}"], '2:11: invalid connection types ["X" "Y"]'),
    (["{user: a, connection_types: FTP}"], '2:11: invalid connection types ["FTP"]'),
    (['{user: a, clients: [""]}'], '2:11: invalid connection types [""]'),
    (["{user: a, allowed_connection_types: 3}"],
     "2:11: error parsing allowed connection types: unsupported type int64"),
    (["{user: a, permissions: 3}"], "2:11: Expected permissions to be a map/struct, got 3"),
    (["{user: a, permission: []}"], "2:11: Expected permissions to be a map/struct, got []"),
    (["{user: a, authorization: x}"], "2:11: Expected permissions to be a map/struct, got x"),
]


@pytest.mark.parametrize("rows, problem", REFUSED, ids=[" ".join(row) for row, _ in REFUSED])
def test_an_entry_that_is_none_is_refused_where_it_stands(check, rows, problem):
    assert check(of_users(*rows)).problems == [f"nats.conf:{problem}"]


@pytest.mark.parametrize("row", [f"nkey: {KEY}, user: a", f"nkey: {KEY}, password: a",
                                 f"user: a, pass: b, nkey: {KEY}"])
def test_a_key_has_no_name_and_no_password(check, row):
    """The position is that of one of the keys; which one is not specified."""
    (problem,) = check(of_users(f"{{{row}}}")).problems
    position, text = problem.removeprefix("nats.conf:").split(": ")
    assert text == "Nkey users do not take usernames or passwords"
    assert position in {f"2:{row.index(key) + 2}" for key in ("nkey:", "user:", "pass")
                        if key in row}


def test_what_else_is_wrong_before_an_entry_without_user_is_told_too(check):
    text = of_users("{user: a, x: 1}", "{password: b}", "{user: c, y: 2}")
    assert check(text).problems == ['nats.conf:2:11: unknown field "x"',
                                    f"nats.conf:3:2: {NO_USER}"]


@pytest.mark.parametrize("rows, name", [
    (["{user: a}", "{user: a}"], 'user "a"'), (["{user: a, password: b}", "{user: b}",
                                                "{user: a, password: c}"], 'user "a"'),
    ([f"{{nkey: {KEY}}}", f"{{nkey: {KEY}}}"], f'nkey "{KEY}"')])
def test_nobody_is_in_the_list_twice(check, rows, name):
    assert check("\n " + of_users(*rows)).problems == [f"nats.conf:2:2: Duplicate {name} detected"]


@pytest.mark.parametrize("block, reason", [
    ("user: a, users: [{user: b}]", "Can not have a single user/pass and a users array"),
    ("users: [{user: b}], username: a, pass: b",
     "Can not have a single user/pass and a users array"),
    ("users: [{user: b}], token: t", "Can not have a token and a users array"),
    (f"users: [{{nkey: {KEY}}}], token: t", "Can not have a token and a users array"),
    ("users: [{user: b}], user: a, token: t", "Cannot have a user/pass and token")])
def test_a_list_stands_alone(check, block, reason):
    (problem,) = check(f"\n  authorization {{ {block} }}").problems
    assert problem == f"nats.conf:2:3: {reason}"


VALID = [
    "users: []", "users: [{user: a}]", "users: [{user: a, password: b}, {username: A, pass: b}]",
    f"users: [{{nkey: {KEY}}}]", f'users: [{{nkey: {KEY}, user: "", password: ""}}]',
    "users: [{user: a, clients: STANDARD}]", "users: [{user: a, clients: []}]",
    "users: [{user: a, connection_types: [standard, websocket, leafnode, leafnode_ws, mqtt, "
    "mqtt_ws, in_process]}]",
    "users: [{user: a, proxy_required: true}], proxy_required: false",
    "users: [{USER: a, PassWord: b, PERMISSIONS: {PUBLISH: a}}]",
    "users: [{user: a, pass: b, username: c}]", "users: [{user: a}], password: b",
    "users: [{user: a, permissions: {}}]", "default_permissions: {}, users: []",
    'users: [{user: "a b"}, {user: "é"}, {user: "$G"}, {user: 1x}]',
    "users: [{user: a, permissions: {publish: {}, subscribe: {allow: [], deny: []}}}]",
    "users: [{user: a, permissions: {pub: a, publish: b, import: c, sub: a, export: 'b q'}}]",
    "users: [{user: a, permissions: {subscribe: ['a q', 'a *', 'a >', 'a q.*.r', \"a\tq\"]}}]",
    "users: [{user: a, permissions: {allow_responses: {max: 0, expires: '0s'}}}]",
    "users: [{user: a, permissions: {publish: ['*', '>', 'a.*', 'a.>', '$SYS.>', 'é.ü']}}]",
]


@pytest.mark.parametrize("block", VALID)
def test_a_list_may_be_written_in_many_ways(check, block):
    assert check(f"authorization {{ {block} }}").valid


# ---- permissions

@pytest.mark.parametrize("value, problem", [
    ("'a..b'", 'subject "a..b" is not a valid subject'),
    ("3", "Expected subject permissions to be a subject, or array of subjects, got int64")])
def test_what_stands_for_a_list_has_no_position(check, value, problem):
    for key in ("publish", "pub", "import", "subscribe", "sub", "export"):
        assert check(of_permissions(f"  {key}: {value}")).problems == [problem]


@pytest.mark.parametrize("key", ["publish", "subscribe"])
@pytest.mark.parametrize("list_of", ["allow", "deny"])
@pytest.mark.parametrize("value", ["'a..b'", "['a..b']", "[ok, 'a..b', 'c..d']"])
def test_a_bad_subject_in_a_list_is_located_at_the_list(check, key, list_of, value):
    assert check(of_permissions(f"{key}: {{\n   {list_of}: {value} }}")).problems == [
        'nats.conf:4:4: subject "a..b" is not a valid subject']


SUBJECTS = ["", ".", "a.", ".a", "a..b", ">.a", "a.>.b", " ", "a b c", " a", "a ", "\ta"]


@pytest.mark.parametrize("subject", SUBJECTS)
def test_what_is_no_subject_grants_nothing(check, subject):
    (problem,) = check(of_permissions(f'publish: {{ deny: "{subject}" }}')).problems
    shown = subject.replace("\t", "\\t")
    assert problem == f'nats.conf:3:12: subject "{shown}" is not a valid subject'


@pytest.mark.parametrize("subject", ["a b", "a *", "a >"])
def test_a_queue_is_for_subscriptions(check, subject):
    assert check(of_permissions(f"publish: {{ allow: '{subject}' }}")).problems == [
        f'nats.conf:3:12: subject "{subject}" is not a valid subject']
    assert check(of_permissions(f"subscribe: {{ allow: '{subject}' }}")).valid


@pytest.mark.parametrize("queue", ["q..r", ".q", "q.", ">.q", "."])
def test_what_is_no_queue_is_refused(check, queue):
    assert check(of_permissions(f"subscribe: {{ deny: 'a {queue}' }}")).problems == [
        f'nats.conf:3:14: queue "{queue}" is not a valid queue']


PERMISSIONS = [  # text in line 3, the only problem
    ("x: y", '3:1: Unknown field "x" parsing permissions'),
    (" Deny: y", '3:2: Unknown field "Deny" parsing permissions'),
    ("publish: { x: y }", "3:12: Unknown field name \"x\" parsing subject permissions, only 'allow'"
                          " or 'deny' are permitted"),
    ("subscribe: { allow: a, Allowed: y }",
     "3:24: Unknown field name \"Allowed\" parsing subject permissions, only 'allow' or 'deny' are "
     "permitted"),
    ("publish: { allow: 3 }", "3:12: Expected subject permissions to be a subject, or array of "
                              "subjects, got int64"),
    ("publish: { deny: {} }", "3:12: Expected subject permissions to be a subject, or array of "
                              "subjects, got map[string]interface {}"),
    ("subscribe: { deny: on }", "3:14: Expected subject permissions to be a subject, or array of "
                                "subjects, got bool"),
    ("allow_responses: 3", "3:1: error parsing response permissions, expected a boolean or a map"),
    ("allow_responses: x", "3:1: error parsing response permissions, expected a boolean or a map"),
    ("allow_responses: { x: 1 }", '3:20: Unknown field "x" parsing permissions'),
    ("allow_responses: { max: x }",
     "3:20: interface conversion: interface {} is string, not int64"),
    ("allow_responses: { expires: 5 }", "3:20: error parsing expires, not a duration string"),
    ("allow_responses: { ttl: x }", '3:20: error parsing expires: time: invalid duration "x"'),
]


@pytest.mark.parametrize("text, problem", PERMISSIONS, ids=[text for text, _ in PERMISSIONS])
def test_permissions_that_are_none_are_refused_where_they_stand(check, text, problem):
    assert check(of_permissions(text)).problems == [f"nats.conf:{problem}"]


@pytest.mark.parametrize("key", ["default_permissions", "default_permission", "permissions"])
def test_default_permissions_are_read_like_others(check, key):
    text = f"authorization {{\n {key}: {{ publish: {{ deny: 'a b' }} }}\n users: [{{user: a}}] }}"
    problem = 'subject "a b" is not a valid subject'
    (told,) = check(text).problems
    assert told == f"nats.conf:2:{len(key) + 17}: {problem}"
    assert check(f"authorization {{\n {key}: 3 }}").problems == [
        "nats.conf:2:2: Expected permissions to be a map/struct, got 3"]


def test_every_user_with_bad_permissions_is_told(check):
    text = of_users("{user: a, permissions: {publish: {allow: '.'}, subscribe: {deny: 'a..'}}}",
                    "{user: b, permissions: {publish: {allow: '..'}}}")
    assert sorted(check(text).problems) == [
        'nats.conf:2:35: subject "." is not a valid subject',
        'nats.conf:2:60: subject "a.." is not a valid subject',
        'nats.conf:3:35: subject ".." is not a valid subject']


# ---- variables and files

def test_users_may_be_variables(check):
    for text in ("U: [{user: a, password: b}]\nauthorization { users: $U }",
                 "A: {users: [{user: a}]}\nauthorization: $A",
                 "P: pa55\nauthorization { users: [{user: a, password: $P}] }",
                 "P: {publish: a}\nauthorization { users: [{user: a, permissions: $P}, "
                 "{user: b, permissions: $P}] }",
                 "S: [a, 'b.>']\nauthorization { users: [{user: a, permissions: {publish: "
                 "{allow: $S}}}] }"):
        assert check(text).valid, text
    assert check("authorization { users: [{user: a, password: $PASSWORD}] }",
                 env={"PASSWORD": "b"}).valid


def test_what_is_wrong_in_a_variable_is_located_there(check):
    assert check("P: {publish: {allow: 'a..b'}}\n"
                 "authorization { users: [{user: a, permissions: $P}] }").problems == [
        'nats.conf:1:14: subject "a..b" is not a valid subject']


def test_a_variable_that_is_missing_is_an_error(check):
    done = check("authorization { users: [{user: a, password: $NOBODY_SET_THIS}] }")
    assert (done.code, done.text) == (
        1, "variable reference for 'NOBODY_SET_THIS' on line 1 can not be found\n")


def test_a_number_as_password_has_to_be_quoted(check):
    text = "authorization { users: [{user: a, password: $P}] }"
    assert check(text, env={"P": "123"}).problems == [
        "nats.conf:1:34: interface conversion: interface {} is int64, not string"]
    assert check(text, env={"P": "'123'"}).valid


@pytest.mark.parametrize("text, files, problem", [
    ("include users.conf", {"users.conf": "\nauthorization { users: [{user: a, x: 1}] }"},
     'users.conf:2:35: unknown field "x"'),
    ("authorization { include users.conf }", {"users.conf": "\n users: [{password: a}]"},
     f"users.conf:2:11: {NO_USER}"),
    ("authorization { include d/users.conf\n}",
     {"d/users.conf": "include more.conf", "d/more.conf": "users: [\n {nkey: x}]"},
     f"d/more.conf:2:3: {NOT_A_KEY}"),
    ("authorization { include users.conf }", {"users.conf": "users: [{user: a}, {user: a}]"},
     'nats.conf:1:0: Duplicate user "a" detected'),
    ("authorization { users: [{user: a, permissions { include p.conf } }] }",
     {"p.conf": "publish { allow: 'a b' }"}, 'p.conf:1:10: subject "a b" is not a valid subject')])
def test_what_is_wrong_in_a_file_is_located_there(check, text, files, problem):
    assert check(text, files=files).problems == [problem]


def test_users_of_a_file_come_in(start, tmp_path):
    (tmp_path / "users.conf").write_text("users: [{user: a, password: b}]\n")
    server = start("listen: 127.0.0.1:-1\nauthorization { include '%s' }\n" % (
        "../" * 20 + str(tmp_path / "users.conf")[1:]))
    with server.connect(user="a", **{"pass": "b"}) as client:
        client.expect_nothing()


# ---- the time there is

@pytest.mark.parametrize("value, text", [
    ("90", "timeout of 90 (90.000000 seconds)"), ('"2m"', "timeout of 2m (120.000000 seconds)"),
    ("1m", "timeout of 1000000 (1000000.000000 seconds)")])
def test_a_long_time_is_warned_of_beside_users(check, value, text):
    (problem,) = check(f"authorization {{ timeout: {value}, users: [{{user: a}}] }}").problems
    assert problem.startswith(f'nats.conf:1:16: invalid use of field "timeout": {text} is high')


# ---- proxies

@pytest.mark.parametrize("text, problem", [
    ("proxies { trusted: [{ key: abc }] }", '1:22: invalid proxy key "abc"'),
    ("proxies { trusted: [{ public_key: %s }] }" % Key.of(1).seed,
     f'1:22: invalid proxy key "{Key.of(1).seed}"'),
    ("proxies { trusted: [{\n x: 1 }] }", '2:2: unknown field "x"'),
    ("proxies { trusted: [\n a ] }",
     "2:2: expected proxies' trusted entry to be a map/struct, got string")])
def test_a_proxy_that_is_none_is_refused_where_it_stands(check, text, problem):
    assert check(text).problems == [f"nats.conf:{problem}"]


def test_a_proxy_may_have_any_kind_of_key(check):
    keys = ", ".join(f"{{key: {Key.of(1, kind).public}}}" for kind in (ACCOUNT, SERVER, OPERATOR))
    assert check(f"proxies {{ trusted: [{keys}, {{public_key: {KEY}}}] }}").valid


# ---- checked at the start only

@pytest.mark.parametrize("text", ["no_auth_user: x", "no_auth_user: x, authorization { users: [] }",
                                  "proxies { trusted: [{}] }"])
def test_some_faults_are_found_at_the_start_only(check, text):
    assert check(text).valid
