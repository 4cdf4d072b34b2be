"""A certificate for 127.0.0.1 that vouches for itself, so that a test can trust it or not. It must not be kept."""

import datetime
import ipaddress
import ssl
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass(frozen=True)
class Certificate:
    """The certificate and its key, each in a file."""

    public: Path
    key: Path

    def trusted(self) -> ssl.SSLContext:
        """For a client that believes it."""
        return ssl.create_default_context(cafile=str(self.public))


def certificate_in(folder: Path) -> Certificate:
    """A new one, as `cert.pem` and `key.pem` in the folder."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    begin = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(begin)
        .not_valid_after(begin.replace(year=2099))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    written = Certificate(folder / "cert.pem", folder / "key.pem")
    written.public.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    written.key.write_bytes(private)
    return written
