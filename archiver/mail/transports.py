"""Ways by which mail leaves: an SMTP server (RFC 5321), or a folder."""

from __future__ import annotations

import os
from email.message import EmailMessage
from pathlib import Path
from typing import Final, Protocol
from urllib.parse import unquote, urlsplit

from archiver.settings import Settings, is_loopback

#: Seconds for each word of a server.
PATIENCE: Final = 15.0


class NotSent(Exception):  # noqa: N818 - named as the cause
    """A mail did not leave. ``code``: why; the message says it in words, without anything of what the mail says.
    ``final``: it will not, however often it is tried."""

    def __init__(self, code: str, words: str, *, final: bool = False) -> None:
        self.code, self.final = code, final
        super().__init__(words)


class Transport(Protocol):
    """A way by which mail leaves."""

    def send(self, message: EmailMessage, to: str) -> None:
        """Send it to one address, now.

        Raises:
            NotSent: it did not leave.
        """


class Folder:
    """Writes every mail into a folder, as a file for whoever delivers it, or for whoever has no server and hands it
    over. The same mail is written once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def send(self, message: EmailMessage, to: str) -> None:
        """Raises:
        NotSent: the folder cannot be written to.
        """
        name = str(message["Message-ID"]).strip("<>").partition("@")[0]
        try:
            self._write(name, message.as_bytes())
        except OSError as error:
            raise NotSent("folder", f"the folder for mail cannot be written to: {error.strerror}") from None

    def _write(self, name: str, content: bytes) -> None:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        temporary = self.folder / f".{name}.part"
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(self.folder / f"{name}.eml")
        folder = os.open(self.folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def transport_of(settings: Settings) -> Transport | None:
    """The way that the settings name; None: there is none.

    Raises:
        SettingsError: the file with the password, or that with certificates, cannot be read.
    """
    if not settings.mail_url:
        return None
    parts = urlsplit(settings.mail_url)
    if parts.scheme == "file":
        return Folder(Path(unquote(parts.path)))
    from archiver.mail.smtp import Server  # here, since most archives have no need of it

    return Server.of(settings)


def is_local(host: str) -> bool:
    """Whether nobody else is on the way to a server."""
    return is_loopback(host.strip("[]"))


def is_file(settings: Settings) -> bool:
    """Whether mail is only written into a folder."""
    return settings.mail_url.startswith("file:")
