"""JSON without spaces in ASCII, as :func:`json.dumps` writes it, for the many small values of a batch."""

from __future__ import annotations

import json
from collections.abc import Callable
from json import encoder
from typing import Any


def encoding(*, sort_keys: bool) -> Callable[[Any], str]:
    """What ``json.dumps(value, separators=(",", ":"), sort_keys=sort_keys)`` does.

    ``json`` makes the encoder written in C anew for every value, which takes longer than a small value does; here it is
    made once. So no circles are looked for: one ends in :class:`RecursionError`.
    """
    plain = json.JSONEncoder(separators=(",", ":"), sort_keys=sort_keys, check_circular=False)
    make = getattr(encoder, "c_make_encoder", None)
    if make is None:  # pragma: no cover - an interpreter without it
        return plain.encode
    pieces = make(
        None, plain.default, encoder.encode_basestring_ascii, None, ":", ",", sort_keys, plain.skipkeys, plain.allow_nan
    )
    return lambda value: "".join(pieces(value, 0))
