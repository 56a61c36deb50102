"""A real SMTP server in the test's process, that takes, refuses, waits or hangs up as it is told."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass
class PostOffice:
    """What an SMTP server does with what comes, and what came."""

    answers: dict[str, list[str]] = field(default_factory=dict)
    """Of a command (``RCPT``, ``DATA``), one after the other; else it is taken."""
    taken: list[EmailMessage] = field(default_factory=list)
    envelopes: list[tuple[str | None, tuple[str, ...]]] = field(default_factory=list)
    tls: list[bool] = field(default_factory=list)
    signed_in: list[str] = field(default_factory=list)
    port: int = 0

    async def handle_RCPT(self, _s: Any, _session: Any, envelope: Envelope, address: str, _o: Any) -> str:
        answer = self._answer("RCPT")
        if answer is None:
            envelope.rcpt_tos.append(address)
        return answer or "250 OK"

    async def handle_MAIL(self, _s: Any, _session: Any, envelope: Envelope, address: str, _o: Any) -> str:
        answer = self._answer("MAIL")
        if answer is None:
            envelope.mail_from = address
        return answer or "250 OK"

    async def handle_DATA(self, _s: Any, session: Any, envelope: Envelope) -> str:
        answer = self._answer("DATA")
        if answer is not None:
            return answer
        assert isinstance(envelope.content, bytes)
        made = message_from_bytes(envelope.content, policy=default)
        assert isinstance(made, EmailMessage)
        self.taken.append(made)
        self.envelopes.append((envelope.mail_from, tuple(envelope.rcpt_tos)))
        self.tls.append(session.ssl is not None)
        return "250 taken"

    def sign_in(self, _s: Any, _session: Any, _e: Any, _m: str, data: Any) -> AuthResult:
        fine = isinstance(data, LoginPassword) and data.password == b"pass:word@"
        if fine:
            self.signed_in.append(data.login.decode())
        return AuthResult(success=fine, handled=False)

    def _answer(self, command: str) -> str | None:
        waiting = self.answers.get(command, [])
        return waiting.pop(0) if waiting else None

    @property
    def texts(self) -> list[str]:
        return [one.get_content() for one in self.taken]


@contextmanager
def post_office(certificate: Path | None = None, *, direct: bool = False, auth: bool = False) -> Iterator[PostOffice]:
    """A server that listens. ``certificate``: a PEM file with key, for STARTTLS, or for TLS at once."""
    office = PostOffice()
    context = None
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
    more: dict[str, Any] = {"authenticator": office.sign_in, "auth_required": True} if auth else {}
    if auth:
        more["auth_require_tls"] = not direct
    server = Controller(
        office, hostname="127.0.0.1", port=_free(), ready_timeout=20,
        ssl_context=context if direct else None, tls_context=None if direct else context, **more,
    )  # fmt: skip
    server.start()
    office.port = server.port
    try:
        yield office
    finally:
        server.stop()


@contextmanager
def silent(first: bytes = b"", drip: float = 0.0) -> Iterator[int]:
    """A port where a connection is taken and nothing is said but ``first``, then a letter every ``drip`` seconds."""
    end = threading.Event()
    listening = socket.create_server(("127.0.0.1", 0))
    held = []

    def serve() -> None:
        while True:
            try:
                one, _ = listening.accept()
            except OSError:
                return
            held.append(one)
            try:
                one.sendall(first)
                while drip and not end.wait(drip):
                    one.sendall(b"2")
            except OSError:
                pass

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield listening.getsockname()[1]
    finally:
        end.set()
        listening.close()
        for one in held:
            one.close()


def certificate_for(folder: Path, name: str = "127.0.0.1") -> Path:
    """A self-signed certificate with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail.city.example")])
    now = datetime.now(UTC)
    try:
        names: list[x509.GeneralName] = [x509.IPAddress(ip_address(name))]
    except ValueError:
        names = [x509.DNSName(name)]
    made = (
        x509.CertificateBuilder()
        .subject_name(who)
        .issuer_name(who)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=9))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / f"{name}.pem"
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path


def _free() -> int:
    with socket.create_server(("127.0.0.1", 0)) as one:
        return int(one.getsockname()[1])
