"""The `tls` block as the configuration check sees it: every key, every error text.

Spec: config-and-cli §3.8; checklist 38-42. Handshakes are tested elsewhere; here certificates are
only loaded, which the check does too.
"""
import pytest

HEX = "a1" * 32
PINNED = "error parsing tls config, 'pinned_certs' key {} does not look like" \
         " hex-encoded sha256 of DER encoded SubjectPublicKeyInfo"
PINNED_TYPE = "error parsing tls config, expected 'pinned_certs' to be a list of" \
              " hex-encoded sha256 of DER encoded SubjectPublicKeyInfo"
CERTS_PAIR = "error parsing certificates config:" \
             " both 'cert_file' and 'cert_key' options are required"
INSECURE = "insecure cipher suites configured without 'allow_insecure_cipher_suites' option set: "

SECURE_SUITES = [
    "TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256",
    "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA", "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA",
    "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA",
    "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
    "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
    "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
]
INSECURE_SUITES = [
    "TLS_RSA_WITH_RC4_128_SHA", "TLS_RSA_WITH_3DES_EDE_CBC_SHA", "TLS_RSA_WITH_AES_128_CBC_SHA",
    "TLS_RSA_WITH_AES_256_CBC_SHA", "TLS_RSA_WITH_AES_128_CBC_SHA256",
    "TLS_RSA_WITH_AES_128_GCM_SHA256", "TLS_RSA_WITH_AES_256_GCM_SHA384",
    "TLS_ECDHE_ECDSA_WITH_RC4_128_SHA", "TLS_ECDHE_RSA_WITH_RC4_128_SHA",
    "TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA", "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256",
    "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256",
]
CURVES = ["X25519MLKEM768", "X25519", "CurveP256", "CurveP384", "CurveP521", "SecP384r1MLKEM1024",
          "SecP256r1MLKEM768"]

# Entries of the block, column of the error (on line 1), its text. Every wrong value here stands in
# `tls { ... }`, whose first key is at column 6.
WRONG = [
    ("x: 1", 6, 'error parsing tls config, unknown field "x"'),
    ("verify: true, X: 1", 20, 'error parsing tls config, unknown field "X"'),
    ("cert_file: 3", 6, "error parsing tls config, expected 'cert_file' to be filename"),
    ("key_file: true", 6, "error parsing tls config, expected 'key_file' to be filename"),
    ("ca_file: [a]", 6, "error parsing tls config, expected 'ca_file' to be filename"),
    ("verify: 3", 6, "error parsing tls config, expected 'verify' to be a boolean"),
    ("Verify: 3", 6, "error parsing tls config, expected 'verify' to be a boolean"),
    ('verify: "true"', 6, "error parsing tls config, expected 'verify' to be a boolean"),
    ("verify_and_map: 3", 6, "error parsing tls config, expected 'verify_and_map' to be a boolean"),
    ("verify_cert_and_check_known_urls: 3", 6,
     "error parsing tls config, expected 'verify_cert_and_check_known_urls' to be a boolean"),
    ("verify_cert_and_check_known_urls: true", 6,
     "verify_cert_and_check_known_urls not supported in this context"),
    ("insecure: x", 6, "error parsing tls config, expected 'insecure' to be a boolean"),
    ("cipher_suites: []", 6, "error parsing tls config, 'cipher_suites' cannot be empty"),
    ("cipher_suites: [x]", 22, "unrecognized cipher x"),
    ("cipher_suites: [tls_aes_128_gcm_sha256]", 22, "unrecognized cipher tls_aes_128_gcm_sha256"),
    (f"cipher_suites: [{INSECURE_SUITES[0]}]", 0, INSECURE + INSECURE_SUITES[0]),
    (f"cipher_suites: [{', '.join(INSECURE_SUITES)}]", 0, INSECURE + ", ".join(INSECURE_SUITES)),
    (f"cipher_suites: [{SECURE_SUITES[0]}, {INSECURE_SUITES[1]}]", 0,
     INSECURE + INSECURE_SUITES[1]),
    (f"allow_insecure_cipher_suites: false, cipher_suites: [{INSECURE_SUITES[2]}]", 0,
     INSECURE + INSECURE_SUITES[2]),
    ("allow_insecure_cipher_suites: 3", 6,
     "error parsing tls config, expected 'allow_insecure_cipher_suites' to be a boolean"),
    ("curve_preferences: []", 6, "error parsing tls config, 'curve_preferences' cannot be empty"),
    ("curve_preferences: [x]", 26, "unrecognized curve preference x"),
    ("curve_preferences: [X25519, x25519]", 34, "unrecognized curve preference x25519"),
    ("min_version: 1.2", 6, "error parsing tls config: 'min_version' wrong type: 1.2"),
    ("min_version: 3", 6, "error parsing tls config: 'min_version' wrong type: 3"),
    ("min_version: true", 6, "error parsing tls config: 'min_version' wrong type: true"),
    ('min_version: "1.0"', 6, "error parsing tls config: unsupported TLS version: TLS 1.0"),
    ('min_version: "1.1"', 6, "error parsing tls config: unsupported TLS version: TLS 1.1"),
    ('min_version: "1.4"', 6, "error parsing tls config: unknown version: 1.4"),
    ('min_version: "TLS 1.2"', 6, "error parsing tls config: unknown version: TLS 1.2"),
    ("timeout: x", 6, "error parsing tls config, 'timeout' time: invalid duration \"x\""),
    ('timeout: "5"', 6, "error parsing tls config, 'timeout' time: missing unit in duration \"5\""),
    ("timeout: true", 6, "error parsing tls config, 'timeout' wrong type"),
    ("timeout: []", 6, "error parsing tls config, 'timeout' wrong type"),
    ('connection_rate_limit: "5"', 6,
     "error parsing tls config, 'connection_rate_limit' wrong type"),
    ("pinned_certs: 3", 6, PINNED_TYPE),
    ('pinned_certs: "x"', 6, PINNED_TYPE),
    ("pinned_certs: [x]", 21, PINNED.format("x")),
    (f'pinned_certs: ["{HEX}", "{HEX[1:]}"]', 90, PINNED.format(HEX[1:])),
    (f'pinned_certs: ["{HEX}a"]', 22, PINNED.format(HEX + "a")),
    (f'pinned_certs: ["{"g" * 64}"]', 22, PINNED.format("g" * 64)),
    ('handshake_first: "123"', 6, 'field "handshake_first"\'s value "123" is invalid'),
    ("handshake_first: abc", 6, 'field "handshake_first"\'s value "abc" is invalid'),
    ("immediate: ''", 6, 'field "immediate"\'s value "" is invalid'),
    ("handshake_first: 123", 6,
     'field "handshake_first" should be a boolean or a string, got int64'),
    ("first: []", 6, 'field "first" should be a boolean or a string, got []interface {}'),
    ("immediate: {}", 6,
     'field "immediate" should be a boolean or a string, got map[string]interface {}'),
    ("certs: 3", 6,
     "error parsing certificates config: unsupported type map[string]interface {}"),
    ("certs: {}", 6,
     "error parsing certificates config: unsupported type map[string]interface {}"),
    ("certs: [3 ]", 14, "error parsing certificates config: unsupported type int64"),
    ('certs: ["x"]', 15, "error parsing certificates config: unsupported type string"),
    ("certs: [{x: 1}]", 15, "error parsing certificates config: unsupported type int64"),
    ("certs: [{x: y}]", 15, 'error parsing tls certs config, unknown field "x"'),
    ("certs: [{Cert_File: x}]", 15, 'error parsing tls certs config, unknown field "Cert_File"'),
    ("certs: [{}]", 16, CERTS_PAIR),
    ("certs: [{cert_file: x}]", 15, CERTS_PAIR),
    ("certs: [{key_file: x}]", 15, CERTS_PAIR),
    ("cert_store: x", 6, "cert store type not implemented"),
    ("cert_store: 3", 6, "expected 'cert_store' to be a valid non-empty string"),
    ("cert_store: ''", 6, "expected 'cert_store' to be a valid non-empty string"),
    ("cert_store: windowscurrentuser", 6,
     "cert_store not compatible with current operating system"),
    ("cert_store: WindowsLocalMachine", 6,
     "cert_store not compatible with current operating system"),
    ("cert_match_by: 3", 6, "expected 'cert_match_by' to be a valid non-empty string"),
    ("cert_match_by: x", 6, "cert match by type not implemented"),
    ("cert_match: 3", 6, "expected 'cert_match' to be a valid non-empty string"),
    ("cert_match_skip_invalid: 3", 6, "expected 'cert_match_skip_invalid' to be a boolean"),
]


@pytest.mark.parametrize("entries, column, reason", WRONG, ids=[row[0][:40] for row in WRONG])
def test_a_wrong_entry_is_named_at_its_place(check, entries, column, reason):
    assert check("tls { %s }" % entries).problems == [f"nats.conf:1:{column}: {reason}"]


CONVERSIONS = [
    ("cipher_suites: 3", 6), ("cipher_suites: [3 ]", 22), ("curve_preferences: 3", 6),
    ("curve_preferences: [3 ]", 26), ("pinned_certs: [3 ]", 21),
]


@pytest.mark.parametrize("entries, column", CONVERSIONS)
def test_a_wrong_type_without_text_of_its_own_is_a_conversion_error(check, entries, column):
    (problem,) = check("tls { %s }" % entries).problems
    assert problem.startswith(f"nats.conf:1:{column}: interface conversion: ")


@pytest.mark.parametrize("value", ["3", "[]", "abc", "true"])
def test_a_tls_block_that_is_no_map_is_a_conversion_error(check, value):
    (problem,) = check(f"tls: {value}").problems
    assert problem.startswith("nats.conf:1:0: interface conversion: ")


VALID = [
    "", "verify: true", "VERIFY: true", "verify_cert_and_check_known_urls: false", "insecure: true",
    f"cipher_suites: [{', '.join(SECURE_SUITES)}]",
    f"cipher_suites: [{', '.join(INSECURE_SUITES)}], allow_insecure_cipher_suites: true",
    f"allow_insecure_cipher_suites: true, cipher_suites: [{INSECURE_SUITES[0]}]",
    f"curve_preferences: [{', '.join(CURVES)}]", 'min_version: "1.2"', "min_version: '1.3'",
    "timeout: 3", "timeout: 0.5", 'timeout: "3s"', "timeout: 500ms", "timeout: 61",
    "timeout: 1m30s",
    "connection_rate_limit: 5", "pinned_certs: []", f'pinned_certs: ["{HEX}"]',
    f'pinned_certs: ["{HEX.upper()}", "{HEX}"]', "handshake_first: true", "handshake_first: on",
    "first: false", "immediate: auto", "handshake_first: auto_fallback", "handshake_first: AUTO",
    'handshake_first: "on"', 'handshake_first: "off"', 'handshake_first: "true"',
    'handshake_first: "300ms"', "handshake_first: 300ms", "handshake_first: 1m30s",
]


@pytest.mark.parametrize("entries", VALID)
def test_a_right_entry_passes_the_check(check, entries):
    assert check("tls { %s }" % entries).valid


def test_a_variable_inside_the_block_is_an_unknown_field(check):
    (problem,) = check("tls { V: true, insecure: $V }").problems
    assert problem == 'nats.conf:1:6: error parsing tls config, unknown field "V"'
    assert check("V: true\ntls { insecure: $V }").valid


PAIR = "cert_file: {0}/server.pem, key_file: {0}/server.key"
FILES = [  # entries of the block, reason at the block's position or None for a valid block
    (PAIR, None),
    (PAIR + ", ca_file: {0}/ca.pem", None),
    ("certs: [{{" + PAIR + "}}]", None),
    ("certificates: [{{" + PAIR + "}}, {{" + PAIR + "}}]", None),
    ("certs: []", None),
    ("cert_file: {0}/server.pem", "missing 'key_file' in TLS configuration"),
    ("key_file: {0}/server.key", "missing 'cert_file' in TLS configuration"),
    ("cert_file: {0}/server.pem, key_file: {0}/client.key",
     "error parsing X509 certificate/key pair: tls: private key does not match public key"),
    ("cert_file: {0}/none.pem, key_file: {0}/server.key",
     "error parsing X509 certificate/key pair: open {0}/none.pem: no such file or directory"),
    ("cert_file: {0}/server.pem, key_file: {0}/none.key",
     "error parsing X509 certificate/key pair: open {0}/none.key: no such file or directory"),
    ("cert_file: {0}/junk.pem, key_file: {0}/server.key",
     "error parsing X509 certificate/key pair: tls: failed to find any PEM data in certificate"
     " input"),
    ("cert_file: {0}/server.pem, key_file: {0}/junk.pem",
     "error parsing X509 certificate/key pair: tls: failed to find any PEM data in key input"),
    ("certs: [{{" + PAIR + "}}, {{cert_file: {0}/server.pem, key_file: {0}/client.key}}]",
     "error parsing X509 certificate/key pair 2/2: tls: private key does not match public key"),
    ("certs: [{{cert_file: {0}/none.pem, key_file: {0}/server.key}}]",
     "error parsing X509 certificate/key pair 1/1: open {0}/none.pem: no such file or directory"),
    (PAIR + ", certs: [{{" + PAIR + "}}]",
     "error parsing tls config, cannot combine 'cert_file' option with 'certs' option"),
    ("certs: [{{" + PAIR + "}}], " + PAIR,
     "error parsing tls config, cannot combine 'cert_file' option with 'certs' option"),
    (PAIR + ", certs: []", None), ("certs: [], " + PAIR, None),
    ("cert_file: '', key_file: ''", None), ("cert_file: '', certs: [{{" + PAIR + "}}]", None),
    ("key_file: {0}/server.key, certs: [{{" + PAIR + "}}]",
     "missing 'cert_file' in TLS configuration"),
    ("certs: [{{" + PAIR + "}}], key_file: {0}/server.key",
     "missing 'cert_file' in TLS configuration"),
    (PAIR + ", ca_file: {0}/none.pem", "open {0}/none.pem: no such file or directory"),
    (PAIR + ", ca_file: {0}/junk.pem", "failed to parse root ca certificate"),
    (PAIR + ", ca_file: {0}/server.key", "failed to parse root ca certificate"),
    ("ca_file: {0}/none.pem", "open {0}/none.pem: no such file or directory"),
]


@pytest.mark.parametrize("entries, reason", FILES, ids=[row[0] for row in FILES])
def test_certificates_are_loaded_by_the_check(check, certificates, entries, reason):
    outcome = check("tls { %s }" % entries.format(certificates))
    if reason is None:
        assert outcome.valid, outcome.text
    else:
        assert outcome.problems == ["nats.conf:1:0: " + reason.format(certificates)]


def test_one_problem_ends_the_block_but_not_the_file(check):
    assert sorted(check("tls { verify: 3 }\nmax_sub_tokens: 0\n").problems) == [
        "nats.conf:1:6: error parsing tls config, expected 'verify' to be a boolean",
        "nats.conf:2:1: max_sub_tokens value can not be negative"]


@pytest.mark.parametrize("entries, verifies", [
    ("verify: true, verify_and_map: false", True), ("verify_and_map: false, verify: true", True),
    ("verify: true, verify_cert_and_check_known_urls: false", True),
    ("verify: false, verify_and_map: false", False)])
def test_no_word_of_mapping_is_no_word_against_verifying(start, tls_block, entries, verifies):
    server = start("listen: 127.0.0.1:-1\n" + tls_block(entries.replace(", ", "\n")))
    assert bool(server.raw().read_info().get("tls_verify")) is verifies
