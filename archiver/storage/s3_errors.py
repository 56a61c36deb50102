"""What S3 and the way to it answer, in the words of the archive: one line that says what to do, and never more of the
answer than its code, which holds no credentials."""

from __future__ import annotations

from collections.abc import Mapping

from botocore import exceptions as boto
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError

from archiver.errors import ArchiverError, OutOfSpace, Refused
from archiver.storage.protocol import Conflict, NoSuchObject, NotAllowed, StoreUnavailable
from archiver.storage.s3_place import S3Place


class Unsure(StoreUnavailable):
    """No answer, or one that says try again: what was asked may have happened. Worth asking again."""


class Denied(NotAllowed):
    """S3's word for it: 403. Amazon says so of what a lock forbids, too."""


class Taken(Conflict):
    """The condition of a put does not hold: there is an object of that key, maybe ours."""


class BeyondEnd(ArchiverError):  # noqa: N818
    """The range begins where the object has ended."""


class Unsupported(Refused):
    """The store cannot do what was asked."""


_MISSING = frozenset({"NoSuchKey", "NoSuchVersion", "404", "NoSuchUpload", "NotFound"})
_NO_ROOM = frozenset({"InsufficientStorage", "QuotaExceeded", "StorageFull", "XMinioStorageFull", "507"})
#: Something happened to the request on its way.
_ON_THE_WAY = frozenset({"BadDigest", "InvalidDigest", "XAmzContentSHA256Mismatch", "IncompleteBody", "RequestTimeout"})
_NOT_THERE = frozenset({"NotImplemented", "MethodNotAllowed", "501", "405"})
_HINTS: Mapping[str, str] = {
    "NoSuchBucket": "there is no such bucket; check ARCHIVER_STORE_URL and ARCHIVER_S3_ENDPOINT_URL, or create it",
    "InvalidAccessKeyId": "the access key is not known there; check AWS_ACCESS_KEY_ID and ARCHIVER_S3_ENDPOINT_URL",
    "SignatureDoesNotMatch": "the secret key is wrong; check AWS_SECRET_ACCESS_KEY",
    "ExpiredToken": "the session token has expired; give new credentials",
    "InvalidToken": "the session token is not valid; check AWS_SESSION_TOKEN",
    "RequestTimeTooSkewed": "this machine's clock and the store's differ too much; set the clock (NTP)",
    "RequestExpired": "this machine's clock and the store's differ too much; set the clock (NTP)",
    "AuthorizationHeaderMalformed": "the bucket is in another region; set ARCHIVER_S3_REGION",
    "PermanentRedirect": "the bucket is in another region; set ARCHIVER_S3_REGION",
    "IllegalLocationConstraintException": "the bucket is in another region; set ARCHIVER_S3_REGION",
    "301": "the bucket is in another region; set ARCHIVER_S3_REGION",
    "400": "the request is not understood; check ARCHIVER_S3_REGION and the credentials (a HEAD gives no reason)",
    "403": "the credentials are not accepted, or lack the permission (docs/production.md lists those it needs)",
    "AccessDenied": "the credentials lack the permission (docs/production.md lists those it needs)",
    "AllAccessDisabled": "the credentials lack the permission (docs/production.md lists those it needs)",
    "KMS.DisabledException": "the key that encrypts the bucket is disabled",
}
_NO_CREDENTIALS = (
    "there are no credentials; give AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or a file named by"
    " AWS_SHARED_CREDENTIALS_FILE"
)
_LOCAL: tuple[tuple[type[Exception], str, bool], ...] = (
    (boto.NoCredentialsError, _NO_CREDENTIALS, False),
    (boto.PartialCredentialsError, _NO_CREDENTIALS, False),
    (boto.CredentialRetrievalError, "the credentials cannot be fetched; check where boto3 takes them from", True),
    (boto.ProfileNotFound, "there is no profile of the name in AWS_PROFILE", False),
    (
        boto.SSLError,
        "its certificate is not trusted, or it speaks no TLS; check ARCHIVER_S3_ENDPOINT_URL, ARCHIVER_S3_CA_FILE",
        False,
    ),
    (boto.ConnectTimeoutError, "no connection came about in time", True),
    (boto.ReadTimeoutError, "no answer came in time", True),
    (boto.EndpointConnectionError, "nothing listens there; check ARCHIVER_S3_ENDPOINT_URL, or start it", True),
    (boto.ProxyConnectionError, "the proxy does not answer", True),
    (boto.ConnectionClosedError, "the connection was closed before the answer", True),
    (HTTPClientError, "the connection broke", True),
    (boto.IncompleteReadError, "the answer was cut off", True),
    (boto.ResponseStreamingError, "the answer was cut off", True),
)


def told(error: BotoCoreError | ClientError, doing: str, place: S3Place) -> ArchiverError:
    """The archive's error for one of boto3's. ``doing`` completes *cannot …*."""
    begun = f"cannot {doing} in {place.name}"
    if isinstance(error, ClientError):
        return _answered(error, begun)
    for kind, reason, again in _LOCAL:
        if isinstance(error, kind):
            return (Unsure if again else StoreUnavailable)(f"{begun}: {reason}")
    return Unsure(f"{begun}: the request did not come about ({type(error).__name__})")


def _answered(error: ClientError, begun: str) -> ArchiverError:
    code, status = code_of(error), status_of(error)
    if code in _HINTS and (status != 404 or code == "NoSuchBucket"):
        return (Denied if status == 403 else StoreUnavailable)(f"{begun}: {_HINTS[code]}")
    if code in _MISSING or status == 404:
        return NoSuchObject(f"{begun}: it is not there")
    if status == 412:
        return Taken(f"{begun}: the key is taken")
    if status == 416:
        return BeyondEnd(f"{begun}: the range begins beyond the end")
    if code in _NO_ROOM or status == 507:
        return OutOfSpace(f"{begun}: the store is full; make room, then it goes on by itself")
    if code in _NOT_THERE or status in (501, 405):
        return Unsupported(f"{begun}: the store cannot do that ({code})")
    if code in _ON_THE_WAY:
        return Unsure(f"{begun}: the request did not arrive whole ({code}); it is tried again")
    if status in (409, 429) or status >= 500 or not status:
        return Unsure(f"{begun}: it is busy or in trouble ({code}); it is tried again")
    if status == 403:
        return Denied(f"{begun}: it refuses ({code})")
    return Unsupported(f"{begun}: it refuses ({code})")


def code_of(error: ClientError) -> str:
    """The code of an answer, if it looks like one."""
    code = str(error.response.get("Error", {}).get("Code", ""))
    return code if code.isascii() and code.replace(".", "").isalnum() and len(code) <= 60 else "no code"


def status_of(error: ClientError) -> int:
    """The HTTP status of an answer; 0 where there is none."""
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return status if isinstance(status, int) else 0
