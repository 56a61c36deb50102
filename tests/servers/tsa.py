"""A time-stamp authority on the loopback address: OpenSSL's, with certificates made here.

Tokens can also be forged: any TSTInfo, signed by any certificate, with any others put beside it.
"""

from __future__ import annotations

import datetime
import shutil
import subprocess
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

OPENSSL = shutil.which("openssl")
#: Content type of a time-stamp (RFC 3161 §2.4.2).
TST_INFO = "1.2.840.113549.1.9.16.1.4"
_CONFIGURATION = """\
[tsa]
default_tsa = one
[one]
serial = {folder}/serial
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha512
accuracy = secs:1
ordering = no
tsa_name = no
ess_cert_id_chain = no
"""


@dataclass(frozen=True, slots=True)
class Holder:
    """A certificate and its key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    @property
    def key_pem(self) -> bytes:
        plain = serialization.NoEncryption()
        return self.key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)


def authority(name: str = "Authority") -> Holder:
    """A root."""
    return _certificate(name, None, days=(-3650, 3650), usage=None)


def signer(
    root: Holder, name: str = "Stamps", *, days: tuple[int, int] = (-365, 365), time_stamping: bool = True
) -> Holder:
    """A certificate under ``root``, valid from and until so many days from now."""
    return _certificate(name, root, days, ExtendedKeyUsageOID.TIME_STAMPING if time_stamping else None)


def _certificate(
    name: str, issuer: Holder | None, days: tuple[int, int], usage: x509.ObjectIdentifier | None
) -> Holder:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + datetime.timedelta(days=days[0]))
        .not_valid_after(now + datetime.timedelta(days=days[1]))
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    if issuer is not None:
        identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key())
        made = made.add_extension(identifier, critical=False)
    if usage is not None:
        made = made.add_extension(x509.ExtendedKeyUsage([usage]), critical=True)
    return Holder(made.sign(issuer.key if issuer else key, hashes.SHA256()), key)


@dataclass
class Authority:
    """Answers requests with ``signer``; ``folder`` is for its files."""

    folder: Path
    root: Holder = field(default_factory=authority)
    signer: Holder = field(init=False)

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.signer = signer(self.root)
        (self.folder / "serial").write_text("01\n")
        (self.folder / "tsa.cnf").write_text(_CONFIGURATION.format(folder=self.folder))
        (self.folder / "root.pem").write_bytes(self.root.pem)

    def reply(self, request: bytes) -> bytes:
        """OpenSSL's answer."""
        self._write("signer.pem", self.signer.pem)
        self._write("signer.key", self.signer.key_pem)
        query = self._write("query", request)
        answer = self.folder / "answer"
        command = ["ts", "-reply", "-config", str(self.folder / "tsa.cnf"), "-section", "one", "-queryfile", str(query)]
        held = ["-signer", str(self.folder / "signer.pem"), "-inkey", str(self.folder / "signer.key")]
        openssl(*command, *held, "-out", str(answer))
        return answer.read_bytes()

    def forge(self, info: bytes, by: Holder, beside: Sequence[Holder] = ()) -> bytes:
        """An answer with this TSTInfo, signed by ``by``, with other certificates beside the signer's."""
        self._write("by.pem", by.pem)
        self._write("by.key", by.key_pem)
        content = self._write("info", info)
        others = self._write("beside.pem", b"".join(one.pem for one in beside))
        token = self.folder / "token"
        arguments = [
            "-sign",
            "-binary",
            "-nodetach",
            "-nosmimecap",
            "-cades",
            "-md",
            "sha256",
            "-econtent_type",
            TST_INFO,
        ]
        held = ["-signer", str(self.folder / "by.pem"), "-inkey", str(self.folder / "by.key")]
        certificates = ["-certfile", str(others)] if beside else []
        files = ["-in", str(content), "-outform", "DER", "-out", str(token)]
        openssl("cms", *arguments, *held, *certificates, *files)
        return sequence(sequence(b"\x02\x01\x00") + token.read_bytes())

    def verified_by_openssl(self, answer: bytes, data: bytes, at: datetime.datetime) -> bool:
        """Whether ``openssl ts -verify`` accepts the answer about ``data``, with chains as of ``at``."""
        files = ["-data", str(self._write("data", data)), "-in", str(self._write("given", answer))]
        trust = ["-CAfile", str(self.folder / "root.pem"), "-attime", str(int(at.timestamp()))]
        assert OPENSSL is not None
        done = subprocess.run([OPENSSL, "ts", "-verify", *files, *trust], capture_output=True, timeout=60)
        return done.returncode == 0

    def _write(self, name: str, content: bytes) -> Path:
        path = self.folder / name
        path.write_bytes(content)
        return path


def openssl(*arguments: str) -> None:
    assert OPENSSL is not None
    done = subprocess.run([OPENSSL, *arguments], capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr.decode()


# --- a little DER --------------------------------------------------------------------------------------------------


def sequence(content: bytes) -> bytes:
    return der(0x30, content)


def der(tag: int, content: bytes) -> bytes:
    size = len(content)
    if size < 128:
        return bytes([tag, size]) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + content


def info(imprint: bytes, at: datetime.datetime, nonce: int | None) -> bytes:
    """A TSTInfo about a SHA-256 digest."""
    sha256 = sequence(bytes.fromhex("0609608648016503040201") + b"\x05\x00")
    number = b"" if nonce is None else der(2, nonce.to_bytes(nonce.bit_length() // 8 + 1, "big"))
    time = der(0x18, at.strftime("%Y%m%d%H%M%SZ").encode())
    parts = [b"\x02\x01\x01", bytes.fromhex("06042a030401"), sequence(sha256 + der(4, imprint)), b"\x02\x01\x07"]
    return sequence(b"".join(parts) + time + number)


def nonce_of(request: bytes) -> int:
    """The nonce of a request: its last whole number, before the flag that asks for certificates."""
    end = request.rindex(b"\x01\x01\xff")
    for size in range(1, 22):
        start = end - size - 2
        if request[start : start + 2] == bytes([2, size]):
            return int.from_bytes(request[start + 2 : end], "big")
    raise AssertionError("no nonce")


# --- over HTTP -----------------------------------------------------------------------------------------------------


class Service:
    """Serves ``answer(request) → (status, body)`` on the loopback address."""

    def __init__(self, answer: Callable[[bytes], tuple[int, bytes]]) -> None:
        requests: list[bytes] = []

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                requests.append(self.rfile.read(int(self.headers["Content-Length"])))
                status, body = answer(requests[-1])
                self.send_response(status)
                self.send_header("Content-Type", "application/timestamp-reply")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                pass

        self.requests = requests
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        self.origin = f"http://127.0.0.1:{self._server.server_address[1]}"

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
