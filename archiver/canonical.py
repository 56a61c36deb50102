"""Canonical JSON: one byte sequence for one value, so that it can be hashed.

The profile (a subset on which this equals RFC 8785): objects with ASCII keys, arrays, strings without lone
surrogates, integers of magnitude below 2**53, booleans, null. No floats.
"""

from __future__ import annotations

import json
from typing import Any

_LARGEST = 2**53
_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def encode(value: Any) -> bytes:
    """Bytes of ``value``: keys sorted, no white space, UTF-8, nothing escaped that need not be.

    Raises:
        ValueError: outside the profile.
    """
    try:
        _check(value)
        return _ENCODER.encode(value).encode()
    except RecursionError as error:
        raise ValueError("nested too deeply for canonical JSON") from error


def decode(data: bytes) -> Any:
    """The value of canonical bytes.

    Raises:
        ValueError: not JSON, or not the canonical form of what it says (duplicate keys, spaces, order).
    """
    try:
        value = json.loads(data.decode())
    except RecursionError as error:
        raise ValueError("nested too deeply for canonical JSON") from error
    if encode(value) != data:
        raise ValueError("not in canonical form")
    return value


def _check(value: Any) -> None:
    if isinstance(value, str):
        if not value.isascii():
            value.encode()  # a lone surrogate raises UnicodeEncodeError, which is a ValueError
    elif isinstance(value, dict):
        for key, child in value.items():
            if not isinstance(key, str) or not key.isascii():
                raise ValueError(f"key outside the canonical profile: {key!r}")
            _check(child)
    elif isinstance(value, (list, tuple)):
        for child in value:
            _check(child)
    elif isinstance(value, float):
        raise ValueError("no floating-point numbers in canonical JSON")
    elif not (value is None or isinstance(value, int)):
        raise ValueError(f"not JSON: {type(value).__name__}")
    elif value is not None and abs(value) >= _LARGEST:
        raise ValueError("integer too large for canonical JSON")
