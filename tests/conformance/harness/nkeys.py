"""NKEYs as text, and their signatures.

Spec: accounts-and-auth §5.1, §5.5.
"""
import base64
import binascii

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

USER, ACCOUNT, SERVER, OPERATOR, SEED = 0xA0, 0x00, 0x68, 0x70, 0x90


def encode(data: bytes) -> str:
    """Base32 of `data` and its checksum."""
    checksum = binascii.crc_hqx(data, 0).to_bytes(2, "little")
    return base64.b32encode(data + checksum).decode().rstrip("=")


def base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


class Key:
    """A pair of keys made of 32 bytes. `sign` is what a client answers to a nonce."""

    def __init__(self, raw: bytes, kind: int = USER):
        self._private = Ed25519PrivateKey.from_private_bytes(raw)
        public = self._private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self.public = encode(bytes([kind]) + public)
        self.seed = encode(bytes([SEED | kind >> 5, (kind & 31) << 3]) + raw)

    @classmethod
    def of(cls, number: int, kind: int = USER) -> "Key":
        """The key of that number: the same in every run."""
        return cls(bytes(31) + bytes([number]), kind)

    @classmethod
    def from_seed(cls, seed: str) -> "Key":
        data = base64.b32decode(seed + "=" * (-len(seed) % 8))
        return cls(data[2:34], (data[0] & 7) << 5 | data[1] >> 3)

    def sign_bytes(self, data: bytes) -> bytes:
        return self._private.sign(data)

    def sign(self, nonce: str) -> str:
        return base64url(self._private.sign(nonce.encode()))
