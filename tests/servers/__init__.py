"""Servers that say exactly the bytes a test gives them, over a real socket on the loopback address.

::

    with RawServer(b"HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\n\\r\\nhi") as server:
        ...  # ask server.url("/path"); then look at server.requests and server.connections

A script is what happens on one connection: bytes are one answer, sent after a request was read; steps do anything
else. With several scripts the first connection gets the first, and so on; the last one serves all further ones.
"""

from __future__ import annotations

import datetime
import ipaddress
import re
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


class Talk:
    """One connection, as its script sees it."""

    def __init__(self, server: RawServer, connection: socket.socket) -> None:
        self._server = server
        self.connection = connection
        self._buffer = b""

    def read_request(self) -> bytes:
        """One whole request (by its content length); empty when the client has gone."""
        while (head := re.search(rb"\r\n\r\n", self._buffer)) is None:
            if not self._receive():
                return b""
        length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", self._buffer[: head.end()])
        end = head.end() + (int(length[1]) if length else 0)
        while len(self._buffer) < end and self._receive():
            pass
        request, self._buffer = self._buffer[:end], self._buffer[end:]
        self._server.requests.append(request)
        return request

    def send(self, data: bytes) -> None:
        self.connection.sendall(data)

    def pause(self, seconds: float) -> None:
        """Wait, but not longer than the server runs."""
        self._server.stopping.wait(seconds)

    def _receive(self) -> bool:
        data = self.connection.recv(65536)
        self._buffer += data
        return bool(data)


Step = bytes | Callable[[Talk], None]


@dataclass(frozen=True)
class Send:
    """Send bytes without waiting for a request."""

    data: bytes

    def __call__(self, talk: Talk) -> None:
        talk.send(self.data)


@dataclass(frozen=True)
class Pieces:
    """Send bytes in pieces of a size, with a pause (seconds) after each."""

    data: bytes
    size: int
    pause: float = 0.0

    def __call__(self, talk: Talk) -> None:
        for at in range(0, len(self.data), self.size):
            talk.send(self.data[at : at + self.size])
            talk.pause(self.pause)


@dataclass(frozen=True)
class Pause:
    seconds: float

    def __call__(self, talk: Talk) -> None:
        talk.pause(self.seconds)


def read_request(talk: Talk) -> None:
    """Read one request and say nothing."""
    talk.read_request()


def reset(talk: Talk) -> None:
    """End the connection with a TCP reset."""
    talk.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    talk.connection.close()


def hang_up(talk: Talk) -> None:
    """End the connection without TLS's closing message, as a line that is cut does."""
    sock = socket.socket(fileno=talk.connection.detach())
    sock.shutdown(socket.SHUT_RDWR)
    sock.close()


class RawServer:
    """Serves scripts, a thread per connection."""

    def __init__(self, *scripts: Step | Sequence[Step], tls: ssl.SSLContext | None = None) -> None:
        self._scripts = [[script] if isinstance(script, bytes) or callable(script) else script for script in scripts]
        self._tls = tls
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._threads: list[threading.Thread] = []
        self._open: list[socket.socket] = []
        self.port: int = self._listener.getsockname()[1]
        self.stopping = threading.Event()
        self.connections = 0
        self.requests: list[bytes] = []

    @property
    def origin(self) -> str:
        """``scheme://localhost:port``."""
        return f"{'https' if self._tls else 'http'}://localhost:{self.port}"

    def url(self, path: str = "/") -> str:
        return self.origin + path

    def __enter__(self) -> RawServer:
        self._start(self._accept)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.stopping.set()
        for connection in self._open:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(timeout=60)

    def _start(self, target: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=target, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            script = self._scripts[min(self.connections, len(self._scripts) - 1)] if self._scripts else []
            self.connections += 1
            self._start(self._serve, connection, script)

    def _serve(self, connection: socket.socket, script: Iterable[Step]) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            if self._tls is not None:
                connection.settimeout(120)
                connection = self._tls.wrap_socket(connection, server_side=True)
            self._open.append(connection)
            talk = Talk(self, connection)
            for step in script:
                if not isinstance(step, bytes):
                    step(talk)
                elif talk.read_request():
                    talk.send(step)
            self._end(connection)
        except (OSError, ValueError):
            connection.close()  # the client went away, which tests may well make it do

    def _end(self, connection: socket.socket) -> None:
        if isinstance(connection, ssl.SSLSocket) and connection.fileno() >= 0:
            connection = connection.unwrap()
        connection.close()


class Authority:
    """A certificate authority for one test, which vouches for servers on the loopback address."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Authority of a test")])
        certificate = _builder(self.name, self.name, self.key).add_extension(
            x509.BasicConstraints(ca=True, path_length=0), critical=True
        )
        self.certificate = folder / "authority.pem"
        self.certificate.write_bytes(_pem(certificate.sign(self.key, hashes.SHA256())))

    def server(self, *names: str, days: int = 1) -> ssl.SSLContext:
        """The TLS context of a server for these names (``localhost`` and ``127.0.0.1`` where none is given)."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.server_file(*names, days=days))
        return context

    def server_file(self, *names: str, days: int = 1) -> Path:
        """Key and certificate of such a server, in one PEM file."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Server of a test")])
        alternatives = [_general_name(name) for name in names or ("localhost", "127.0.0.1")]
        builder = _builder(subject, self.name, key, days).add_extension(
            x509.SubjectAlternativeName(alternatives), critical=False
        )
        path = self.folder / f"server-{time.monotonic_ns()}.pem"
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        path.write_bytes(private + _pem(builder.sign(self.key, hashes.SHA256())))
        return path


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, days: int = 1
) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder(issuer, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=30))
        .not_valid_after(now + datetime.timedelta(days=days))
    )


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def answer(body: bytes, *headers: str, status: str = "200 OK") -> bytes:
    """An ordinary answer with a content length."""
    lines = [f"HTTP/1.1 {status}", *headers, f"Content-Length: {len(body)}", "", ""]
    return "\r\n".join(lines).encode("latin-1") + body


def chunked(body: bytes, size: int) -> bytes:
    """A body in chunks of a size, with the last chunk and no trailers."""
    pieces = (body[at : at + size] for at in range(0, len(body), size))
    return b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"
