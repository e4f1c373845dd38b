"""A certificate for 127.0.0.1, for as long as the comparison runs."""
import subprocess
from dataclasses import dataclass
from pathlib import Path

from compare_lib.failure import Failure

_SECONDS = 10


@dataclass(frozen=True)
class Certificate:
    """Files in PEM. The certificate signed itself, so it is its own authority as well."""
    certificate: Path
    key: Path

    def server_arguments(self):
        """What both servers take to speak TLS with it."""
        return '--tls', '--tlscert', str(self.certificate), '--tlskey', str(self.key)


def make_certificate(folder):
    """A P-256 key, as certificates of today have, with its certificate, both in `folder`."""
    made = Certificate(Path(folder) / 'server.pem', Path(folder) / 'key.pem')
    command = ['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256',
               '-nodes', '-days', '2', '-subj', '/CN=localhost',
               '-addext', 'subjectAltName=IP:127.0.0.1,DNS:localhost',
               '-keyout', str(made.key), '-out', str(made.certificate)]
    try:
        subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=True)
    except subprocess.CalledProcessError as error:
        raise Failure(f'openssl made no certificate: {error.stderr.strip()}') from error
    except (subprocess.SubprocessError, OSError) as error:
        raise Failure(f'openssl made no certificate: {error}') from error
    return made
