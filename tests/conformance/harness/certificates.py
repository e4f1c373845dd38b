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


def write_pair(folder: pathlib.Path, name: str, issuer=None, is_rsa: bool = False):
    """Writes NAME.pem and NAME.key, signed by `issuer` (an authority's certificate and key) or by
    itself as an authority; returns certificate and key."""
    if is_rsa:
        key = rsa.generate_private_key(65537, 2048)
    else:
        key = ec.generate_private_key(ec.SECP256R1())
    now = datetime.datetime.now(datetime.timezone.utc)
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    certificate = (
        x509.CertificateBuilder()
        .subject_name(_name(name))
        .issuer_name(issuer[0].subject if issuer else _name(name))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=30))
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost"), address]), False)
        .sign(issuer[1] if issuer else key, hashes.SHA256())
    )
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


def key_pin(folder: pathlib.Path, name: str) -> str:
    """The hex SHA-256 of the public key in a certificate, as `pinned_certs` lists it."""
    certificate = x509.load_pem_x509_certificate((folder / f"{name}.pem").read_bytes())
    key = certificate.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(key).hexdigest()
