"""How LinkedIn names things: URNs, keys made of them, and addresses made of those. Pure.

A post is a *share* or a *ugcPost*; which of the two stays as it is, so it is part of the key. Of a comment the number
alone is the key: what stands before it in its URN names the post, by one of three kinds of URN.
"""

from __future__ import annotations

import re
from urllib.parse import parse_qs, quote, urlsplit

from connectors.contract import JSONValue
from connectors.values import Unreadable

_POST = re.compile(r"urn:li:(share|ugcPost):([0-9]{1,25})")
_POST_KEY = re.compile(r"(share|ugcPost)/([0-9]{1,25})")
_COMMENT = re.compile(r"urn:li:comment:\((urn:li:[A-Za-z]{1,30}:[0-9]{1,25}),([0-9]{1,25})\)")
_NUMBER = re.compile(r"[0-9]{1,25}")
_FILE = re.compile(r"urn:li:(image|video|document|digitalmediaAsset):([A-Za-z0-9_-]{1,128})")
_ANY = re.compile(r"urn:li:[A-Za-z]{1,40}:[A-Za-z0-9_().,:=-]{1,256}")
_PAGE = re.compile(r"urn:li:(organization|organizationBrand):([0-9]{1,20})")


def quoted(urn: str) -> str:
    """A URN as it stands in an address: all of it escaped, while the brackets and commas around it are not (Rest.li
    protocol 2.0.0)."""
    return quote(urn, safe="")


def listed(*urns: str) -> str:
    """A list of them, as a parameter has it."""
    return f"List({','.join(map(quoted, urns))})"


def post_key(urn: JSONValue) -> str:
    """Key of a post.

    Raises:
        Unreadable: it is no URN of one.
    """
    match = _POST.fullmatch(urn) if isinstance(urn, str) else None
    if match is None:
        raise Unreadable("a post has no usable id")
    return f"{match[1]}/{match[2]}"


def post_urn(key: str) -> str | None:
    """Inverse of :func:`post_key`; None for the key of something else."""
    match = _POST_KEY.fullmatch(key)
    return None if match is None else f"urn:li:{match[1]}:{match[2]}"


def comment_key(number: JSONValue) -> str:
    """Key of a comment, of its number.

    Raises:
        Unreadable: it is none.
    """
    if not isinstance(number, str) or not _NUMBER.fullmatch(number):
        raise Unreadable("a comment has no usable id")
    return f"comment/{number}"


def comment_parts(urn: JSONValue) -> tuple[str, str] | None:
    """The URN of what a comment stands under, and its number; None where it is no URN of one."""
    match = _COMMENT.fullmatch(urn) if isinstance(urn, str) else None
    return None if match is None else (match[1], match[2])


def comment_number(urn: JSONValue) -> str | None:
    """The number of a comment, whose URN may be written as the site and notifications write it: what it stands under
    without its ``urn:li:``. None where it is no URN of one."""
    if not isinstance(urn, str):
        return None
    match = _COMMENT.fullmatch(urn) or _COMMENT.fullmatch(urn.replace("(", "(urn:li:", 1))
    return None if match is None else match[2]


def file_of(urn: JSONValue) -> tuple[str, str] | None:
    """Kind and name of a file; None where it is no URN of one. An asset of the older kind has the same name as the
    image that it is."""
    match = _FILE.fullmatch(urn) if isinstance(urn, str) else None
    if match is None:
        return None
    return ("image" if match[1] == "digitalmediaAsset" else match[1]), match[2]


def page_number(urn: str) -> str:
    """Number of the page that a URN names; empty where it names none."""
    match = _PAGE.fullmatch(urn)
    return "" if match is None else match[2]


def is_urn(value: JSONValue) -> bool:
    return isinstance(value, str) and _ANY.fullmatch(value) is not None


# Addresses.


def address_of_post(site: str, key: str) -> str | None:
    """Where people see a post."""
    urn = post_urn(key)
    return None if urn is None else f"{site}/feed/update/{urn}/"


def address_of_comment(site: str, post: str, urn: str, parent: str | None) -> str | None:
    """Where people see a comment; it also says under which comment it stands, without which it cannot be looked at."""
    page = address_of_post(site, post)
    if page is None:
        return None
    named = f"commentUrn={quoted(_short(parent or urn))}"
    return f"{page}?{named}" + (f"&replyUrn={quoted(_short(urn))}" if parent else "")


def named_in_address(url: str | None) -> str | None:
    """URN of the comment above the one that an address of :func:`address_of_comment` shows; None where there is
    none."""
    try:
        given = parse_qs(urlsplit(url or "").query)
    except ValueError:
        return None
    parent = given.get("commentUrn", [""])[0].replace("comment:(", "comment:(urn:li:", 1)
    return parent if "replyUrn" in given and comment_parts(parent) is not None else None


def _short(urn: str) -> str:
    """As the site writes it in addresses."""
    return urn.replace("(urn:li:", "(", 1)
