"""Why nobody was signed in."""

from __future__ import annotations

from archiver.errors import ArchiverError


class SignInFailed(ArchiverError):  # noqa: N818 - named as the cause, like its siblings
    """Nobody was signed in. The message says the same whoever it was."""
