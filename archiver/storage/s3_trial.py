"""Whether a bucket honours the condition under which the archive puts."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing, suppress
from hashlib import sha256

from archiver.errors import ArchiverError
from archiver.storage.s3_client import Api
from archiver.storage.s3_errors import Taken
from archiver.storage.s3_stream import S3Stream
from archiver.storage.trials import new_base

_CONTENTS = (b"first", b"second")


def overwrites(api: Api, delete: Callable[[str], None]) -> bool:
    """Put twice under one new key and look which is there. The first may be said to be taken: by itself, where an
    answer was lost.

    Raises:
        StoreUnavailable: no answer.
    """
    key = f"{new_base()}/once"
    try:
        for content in _CONTENTS:
            with suppress(Taken):
                metadata = {"sha256": sha256(content).hexdigest()}
                api.ask("put_object", "try out the store", key, Body=content, IfNoneMatch="*", Metadata=metadata)
        with closing(S3Stream(api, key, None, 0, None)) as stream:
            return stream.read(len(_CONTENTS[1])) != _CONTENTS[0]
    finally:
        with suppress(ArchiverError):  # it may lack the right to; what stays says nothing and is not locked
            delete(key)
