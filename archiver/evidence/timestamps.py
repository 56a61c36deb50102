"""RFC 3161 time-stamps of checkpoints: what is asked, and when an answer counts. Pure.

What is stamped is the checkpoint as it is stored, signatures included, under SHA-256. An answer counts if it was
granted, is about those bytes, repeats the nonce of our request, was signed by a certificate that is for time-stamping
alone and had a chain to one of *our* roots at the time it states.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from cryptography import x509
from rfc3161_client import (
    HashAlgorithm,
    TimestampRequestBuilder,
    TimeStampResponse,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)

from archiver.errors import SettingsError

PREFIX: Final = "log/anchor/"
#: Larger answers are refused unread.
LARGEST: Final = 1 << 20
REQUEST_TYPE: Final = "application/timestamp-query"


class InvalidTimestamp(ValueError):  # noqa: N818 - named as the cause
    """An answer that is no time-stamp of what was asked, or of nobody we trust."""


@dataclass(frozen=True, slots=True)
class Request:
    """What is sent to a service."""

    body: bytes
    nonce: int


def key_of(size: int, service: str) -> str:
    """Where a service's answer about the checkpoint over ``size`` entries is stored."""
    return f"{PREFIX}{size:020d}/{service}.tsr"


def request_for(note: bytes) -> Request:
    """A fresh request about a checkpoint; it asks for the certificates, so that the answer can stand alone."""
    made = TimestampRequestBuilder().data(note).hash_algorithm(HashAlgorithm.SHA256).build()
    assert made.nonce is not None
    return Request(made.as_bytes(), made.nonce)


def verify(answer: bytes, note: bytes, roots: Sequence[x509.Certificate], nonce: int | None = None) -> datetime:
    """The time that an answer states for a checkpoint.

    Args:
        roots: the authorities we trust.
        nonce: of the request; None for a stored answer, whose request is long gone.

    Raises:
        InvalidTimestamp: it does not count.
    """
    if not roots:
        raise InvalidTimestamp("no authority is trusted")
    if len(answer) > LARGEST:
        raise InvalidTimestamp("the answer is too large")
    try:
        response = decode_timestamp_response(answer)
        VerifierBuilder(roots=list(roots), nonce=nonce).build().verify_message(response, note)
        return _time(response)
    except (VerificationError, ValueError) as error:
        raise InvalidTimestamp(_one_line(error)) from None
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # what the parser's own bugs would raise
            raise
        raise InvalidTimestamp("the answer cannot be read") from None


def read_roots(path: Path) -> list[x509.Certificate]:
    """The certificates in a PEM file.

    Raises:
        SettingsError: it is not there, or holds none.
    """
    try:
        return x509.load_pem_x509_certificates(path.read_bytes())
    except OSError as error:
        raise SettingsError(f"cannot read the roots of time-stamp services {path}: {error.strerror}") from None
    except ValueError:
        raise SettingsError(f"{path} holds no certificates in PEM form") from None


def _time(response: TimeStampResponse) -> datetime:
    return response.tst_info.gen_time.astimezone(UTC)


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__
