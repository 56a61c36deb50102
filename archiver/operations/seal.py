"""The city's seal as it stands in the head of every page: a PNG or SVG from the settings, made safe when the service
starts. Of a PNG only what draws it is kept; an SVG that holds anything beyond shapes and colours is refused."""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from xml.etree import ElementTree

from archiver.errors import SettingsError

LARGEST: Final = 256 * 2**10
"""Bytes of the file."""
_WIDEST: Final = 4096
"""Pixels of a PNG, each way."""
_PNG: Final = b"\x89PNG\r\n\x1a\n"
_KEPT: Final = frozenset({b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"})
_SVG: Final = "{http://www.w3.org/2000/svg}"
_SHAPE_NAMES: Final = (
    "svg g defs title desc path circle ellipse rect line polyline polygon clipPath linearGradient radialGradient stop"
)
#: Attributes of shapes and colours. None of them runs or loads anything, whatever it says but ``url(``.
_ATTRIBUTE_NAMES: Final = (
    "id viewBox width height x y x1 y1 x2 y2 cx cy r rx ry fx fy d points transform preserveAspectRatio version"
    " fill fill-rule fill-opacity stroke stroke-width stroke-linecap stroke-linejoin stroke-miterlimit stroke-dasharray"
    " stroke-dashoffset stroke-opacity opacity color offset stop-color stop-opacity clip-path clip-rule clipPathUnits"
    " gradientUnits gradientTransform spreadMethod"
)
_SHAPES, _ATTRIBUTES = frozenset(_SHAPE_NAMES.split()), frozenset(_ATTRIBUTE_NAMES.split())
_HERE: Final = re.compile(r"url\(\s*#[A-Za-z][\w.-]*\s*\)")


@dataclass(frozen=True, slots=True)
class Seal:
    """What is handed out."""

    content: bytes
    kind: str
    """Media type."""


def read(path: Path) -> Seal | None:
    """The seal of the settings, made safe; None: there is none.

    Raises:
        SettingsError: it cannot be read, is too large, is neither, or holds what a seal does not need.
    """
    if path == Path():
        return None
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
    except OSError as error:
        raise SettingsError(f"ARCHIVER_SEAL_FILE names {path}, which cannot be read: {error.strerror}") from None
    try:
        return made_safe(content)
    except ValueError as error:
        raise SettingsError(f"ARCHIVER_SEAL_FILE names {path}, which is no usable seal: {error}") from None


def made_safe(content: bytes) -> Seal:
    """What is left of a file that only draws.

    Raises:
        ValueError: it is too large, no PNG or SVG, damaged, or an SVG that holds something else.
    """
    if len(content) > LARGEST:
        raise ValueError(f"it is larger than {LARGEST // 1024} KiB")
    if content.startswith(_PNG):
        return Seal(_only_pixels(content), "image/png")
    return Seal(_only_shapes(content), "image/svg+xml")


def _only_pixels(content: bytes) -> bytes:
    """A PNG without words, profiles and whatever else stands beside its pixels (PNG 1.2 §3)."""
    at, parts, names = len(_PNG), [_PNG], list[bytes]()
    while at < len(content) and names[-1:] != [b"IEND"]:
        length, name = int.from_bytes(content[at : at + 4]), content[at + 4 : at + 8]
        whole = content[at : at + 12 + length]
        if len(whole) != 12 + length or zlib.crc32(whole[4:-4]) != int.from_bytes(whole[-4:]):
            raise ValueError("the PNG is damaged")
        names.append(name)
        parts += [whole] if name in _KEPT else []
        at += len(whole)
    if names[:1] != [b"IHDR"] or names[-1:] != [b"IEND"] or b"IDAT" not in names:
        raise ValueError("the PNG is damaged")
    if not all(0 < int.from_bytes(parts[1][start : start + 4]) <= _WIDEST for start in (8, 12)):
        raise ValueError(f"the PNG is not 1 to {_WIDEST} pixels wide and high")
    return b"".join(parts)


def _only_shapes(content: bytes) -> bytes:
    """An SVG as it is written anew from what was read: shapes and colours, or it is refused."""
    if b"<!DOCTYPE" in content or b"<!ENTITY" in content or b"\0" in content:
        raise ValueError("the SVG holds a document type: save it as plain SVG")
    try:
        root = ElementTree.fromstring(content)  # noqa: S314 - without a document type there is nothing to expand
    except (ElementTree.ParseError, ValueError, LookupError):
        raise ValueError("it is neither a PNG nor an SVG") from None
    if root.tag != f"{_SVG}svg":
        raise ValueError("it is neither a PNG nor an SVG")
    for one in root.iter():
        _check(one)
    ElementTree.register_namespace("", _SVG[1:-1])
    try:
        return bytes(ElementTree.tostring(root, encoding="utf-8"))
    except RecursionError:
        raise ValueError("the SVG holds groups in groups without end: save it as plain SVG") from None


def _check(one: ElementTree.Element) -> None:
    name = one.tag.removeprefix(_SVG) if isinstance(one.tag, str) else ""
    if name not in _SHAPES:
        raise ValueError(f"the SVG holds <{name[:40] or '?'}>: save it as plain SVG, of shapes only")
    for attribute, value in one.attrib.items():
        if attribute not in _ATTRIBUTES:
            raise ValueError(f"the SVG holds the attribute {attribute[:60]}: save it as plain SVG, of shapes only")
        if "url" in _HERE.sub("", value).lower() or "\\" in value:
            raise ValueError(f"the SVG loads something by {attribute}: save it as plain SVG, of shapes only")
