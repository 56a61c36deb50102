"""Ids as the Graph API gives them, made from the city's numbers and read back: a post's begins with that of its Page, a
comment's with that of its post."""

from __future__ import annotations


def post_id(page: int, post: int) -> str:
    return f"{page}_{post}"


def comment_id(root: int, comment: int) -> str:
    """``root``: number of the post it is under."""
    return f"{root}_{comment}"


def conversation_id(person: int) -> str:
    return f"t_{person}"


def message_id(post: int) -> str:
    return f"m_{post:x}"


def live_id(post: int) -> str:
    """Of the broadcast in a post; its film has another one."""
    return f"{post}01"


def video_id(post: int) -> str:
    return f"{post}02"


def parts_of(identity: str) -> tuple[int, int] | None:
    """The two numbers of a post's or comment's id."""
    first, _, second = identity.partition("_")
    if not (first.isascii() and first.isdigit() and second.isascii() and second.isdigit()):
        return None
    return int(first), int(second)


def number_of(identity: str) -> int | None:
    """The number that is a Page's or person's id."""
    return int(identity) if identity.isascii() and identity.isdigit() and len(identity) < 30 else None
