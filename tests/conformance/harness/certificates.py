"""Certificates and keys for tests: an authority, and pairs that it signed."""
import datetime
import hashlib
import ipaddress
import pathlib

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def write_pair(folder: pathlib.Path, name: str, issuer=None, is_rsa: bool = False, **differs):
    """Writes NAME.pem and NAME.key, signed by `issuer` (an authority's certificate and key) or by
    itself as an authority; returns certificate and key. `differs`: a `subject` other than CN=NAME,
    other alternative `names` than those of this machine, the `days` between which it is valid,
    counted from today, the `purposes` it is limited to."""
    subject = differs.get("subject", _name(name))
    first, last = differs.get("days", (-1, 30))
    if is_rsa:
        key = rsa.generate_private_key(65537, 2048)
    else:
        key = ec.generate_private_key(ec.SECP256R1())
    now = datetime.datetime.now(datetime.timezone.utc)
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    names = differs.get("names", [x509.DNSName("localhost"), address])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer[0].subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + datetime.timedelta(days=first))
        .not_valid_after(now + datetime.timedelta(days=last))
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
    )
    if names:
        builder = builder.add_extension(
            x509.SubjectAlternativeName(names), critical=not subject.rdns)
    if "purposes" in differs:
        builder = builder.add_extension(x509.ExtendedKeyUsage(differs["purposes"]), False)
    certificate = builder.sign(issuer[1] if issuer else key, hashes.SHA256())
    pem = serialization.Encoding.PEM
    (folder / f"{name}.pem").write_bytes(certificate.public_bytes(pem))
    (folder / f"{name}.key").write_bytes(key.private_bytes(
        pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    return certificate, key


def write_all(folder: pathlib.Path) -> None:
    """Writes an authority `ca`, its pairs `server`, `server2`, `client` and `rsa`, and `junk.pem`.
    """
    authority = write_pair(folder, "ca")
    for name in ("server", "server2", "client"):
        write_pair(folder, name, authority)
    write_pair(folder, "rsa", authority, is_rsa=True)
    (folder / "junk.pem").write_text("junk\n")


def read_pair(folder: pathlib.Path, name: str):
    """Certificate and key of a pair that was written before."""
    certificate = x509.load_pem_x509_certificate((folder / f"{name}.pem").read_bytes())
    return certificate, serialization.load_pem_private_key(
        (folder / f"{name}.key").read_bytes(), None)


def key_pin(folder: pathlib.Path, name: str) -> str:
    """The hex SHA-256 of the public key in a certificate, as `pinned_certs` lists it."""
    certificate = x509.load_pem_x509_certificate((folder / f"{name}.pem").read_bytes())
    key = certificate.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(key).hexdigest()
