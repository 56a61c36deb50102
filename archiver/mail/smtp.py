"""Mail through an SMTP server, by the standard library, with patience that ends.

What is sent holds links that let somebody in, so that it goes over TLS to a server whose certificate is checked; in the
clear only to this machine, or where the settings say so in as many words (``?tls=no``).
"""

from __future__ import annotations

import re
import smtplib
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import parseaddr
from pathlib import Path
from typing import Final, Self
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from archiver.errors import SettingsError
from archiver.http import trust
from archiver.mail.transports import PATIENCE, NotSent, is_local
from archiver.mail.trying import LONGEST_TRY
from archiver.settings import Settings
from archiver.visible import one_line

_PORTS: Final = {"smtp": 587, "smtps": 465}
_LARGEST_SECRET: Final = 4096
_SAID: Final = 120
"""Characters of a server's answer that are kept."""
_PERMANENT: Final = 500
_SECRET: Final = re.compile(r"://|/connect/|[A-Za-z0-9_-]{40}")
"""An address, or what may be the secret of one: filters repeat addresses without their scheme."""
_READY: Final = 220


@dataclass(frozen=True, slots=True)
class Server:
    """One SMTP server, and how it is spoken to."""

    host: str
    port: int
    sender: str
    """Address of the envelope (RFC 5321 §2.3.1)."""
    direct: bool
    """TLS from the first byte (RFC 8314); else STARTTLS (RFC 3207)."""
    clear: bool
    """Also without TLS, where the server offers none."""
    user: str = ""
    password: str = field(default="", repr=False)
    authorities: Path | None = None

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """The server that the settings name.

        Raises:
            SettingsError: the file with the password cannot be read.
        """
        parts = urlsplit(settings.mail_url)
        host = parts.hostname or ""
        return cls(
            host=host,
            port=parts.port or _PORTS[parts.scheme],
            sender=parseaddr(settings.mail_from)[1],
            direct=parts.scheme == "smtps",
            clear=is_local(host) or parse_qs(parts.query).get("tls") == ["no"],
            user=unquote(parts.username or ""),
            password=_password(settings, parts),
            authorities=settings.mail_ca_file,
        )

    def send(self, message: EmailMessage, to: str) -> None:
        """Raises:
        NotSent: the server cannot be reached or trusted, or does not take it.
        """
        with self._explained(to), self._limited() as server:
            server.sendmail(self.sender, [to], message.as_bytes())

    @contextmanager
    def _limited(self) -> Iterator[smtplib.SMTP]:
        """A connection that is ready, for so long and no longer: a server that says a letter every few seconds would
        otherwise hold a mail for ever."""
        server = self._unconnected()
        timer = threading.Timer(LONGEST_TRY, _cut, (server,))
        timer.daemon = True
        timer.start()
        try:
            code, said = server.connect(self.host, self.port)
            if code != _READY:
                raise smtplib.SMTPConnectError(code, said)
            self._ready(server)
            yield server
            with suppress(OSError, smtplib.SMTPException):
                server.quit()  # the mail was taken: what is said afterwards changes nothing
        finally:
            timer.cancel()
            server.close()

    def _unconnected(self) -> smtplib.SMTP:
        """Not connected by its constructor: what a server says first is limited too."""
        if self.direct:
            server: smtplib.SMTP = smtplib.SMTP_SSL(timeout=PATIENCE, context=trust(self.authorities))
        else:
            server = smtplib.SMTP(timeout=PATIENCE)
        server._host = self.host  # type: ignore[attr-defined]  # the name that its certificate has to have
        return server

    def _ready(self, server: smtplib.SMTP) -> None:
        server.ehlo_or_helo_if_needed()
        if not self.direct:
            if server.has_extn("starttls"):
                server.starttls(context=trust(self.authorities))
                server.ehlo()
            elif not self.clear:
                raise NotSent("no_tls", f"{self.host} offers no encryption (STARTTLS), and the mail holds a secret")
        if self.user:
            server.login(self.user, self.password)

    @contextmanager
    def _explained(self, to: str) -> Iterator[None]:
        """Every way to fail, as what it means for the mail."""
        try:
            yield
        except smtplib.SMTPRecipientsRefused as error:
            code, said = error.recipients.get(to, (0, b""))
            raise _refused("recipient", "does not take mail for this address", code, said, self.host) from None
        except smtplib.SMTPAuthenticationError as error:
            # Ours to mend, and no fault of the mail: it waits.
            raise _refused("sign_in", "does not take our sign-in", 0, error.smtp_error, self.host) from None
        except smtplib.SMTPSenderRefused as error:
            raise _refused(
                "sender", "does not take mail from ARCHIVER_MAIL_FROM", 0, error.smtp_error, self.host
            ) from None
        except smtplib.SMTPDataError as error:
            raise _refused("refused", "does not take this mail", error.smtp_code, error.smtp_error, self.host) from None
        except smtplib.SMTPResponseException as error:
            raise _refused("refused", "does not speak with us", 0, error.smtp_error, self.host) from None
        except ssl.SSLCertVerificationError as error:
            words = f"the certificate of {self.host} cannot be trusted: {one_line(error.verify_message, _SAID)}"
            raise NotSent("certificate", words) from None
        except ssl.SSLError as error:
            words = f"no encryption came about with {self.host}: {one_line(error.reason or 'unknown', _SAID)}"
            raise NotSent("no_tls", words) from None
        except TimeoutError:
            raise NotSent("timed_out", f"{self.host} does not answer in time") from None
        except smtplib.SMTPServerDisconnected as error:
            if "timed out" in str(error):  # the library says no more of it
                raise NotSent("timed_out", f"{self.host} does not answer in time") from None
            raise NotSent("unreachable", f"{self.host} ended the connection") from None
        except smtplib.SMTPException:
            raise NotSent("sign_in", f"{self.host} offers no way to sign in that is known here") from None
        except (OSError, UnicodeError) as error:
            why = getattr(error, "strerror", None) or "its name cannot be resolved"
            raise NotSent("unreachable", f"{self.host} cannot be reached: {one_line(str(why), _SAID)}") from None


def _refused(code: str, words: str, number: int, said: bytes | str, host: str) -> NotSent:
    """What a server answered. Its words are a stranger's, and may repeat what the mail says: of them the first line is
    kept, without anything that looks like an address or the secret of a link of ours."""
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    first = one_line(text.partition("\n")[0])
    told = "" if not first or _SECRET.search(first) else f': "{one_line(first, _SAID)}"'
    return NotSent(code, f"{host} {words}{told}", final=number >= _PERMANENT)


def _password(settings: Settings, parts: SplitResult) -> str:
    path = settings.mail_password_file
    if path == Path():
        return unquote(parts.password or "")
    try:
        with path.open("rb") as file:
            return file.read(_LARGEST_SECRET).decode().strip()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no text"
        raise SettingsError(f"ARCHIVER_MAIL_PASSWORD_FILE cannot be read: {why}") from None


def _cut(server: smtplib.SMTP) -> None:
    held = server.sock
    if held is not None:
        with suppress(OSError):
            held.shutdown(socket.SHUT_RDWR)
