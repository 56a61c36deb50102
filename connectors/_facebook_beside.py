"""What a direct look at something on Facebook is made beside: other things of the same kind, that the archive knows and
that need the same permissions. Pure.

Facebook says the same of what is deleted, of what a token may not read, and of what an app may list but not ask for by
its id. So a control is asked for just as what is looked for: by its id. No list of Facebook is of comments, and the
newest posts may have none: so which comment is asked for the archive has to know.

What other people said needs another permission than what the Page said, and of what is looked for it is not always
known who said it. So beside a comment two things are asked for in one question, one of each: Facebook refuses both
where it does not show one of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from connectors._beside import MOST, apart
from connectors._facebook_records import is_on_timeline
from connectors._graph_values import is_ident
from connectors.contract import JSONValue, RecordKind, RecordRef
from connectors.values import Json

Beside = Sequence[tuple[str, ...]]
"""Ids that are asked for at once, the first of another person than the Page, or of the kind that is looked for; those
that may be asked for instead after it."""
OWN, VISITORS, ELSEWHERE = "own", "visitors", "elsewhere"
_POST, _COMMENT = "post/", "comment/"


def kind_of_post(ref: RecordRef, account: str) -> str:
    """Whose a post is, and where it stands."""
    if ref.kind is RecordKind.POST:
        return OWN
    return VISITORS if is_on_timeline(_ident(ref), account) else ELSEWHERE


def other_posts(kind: str, known: Iterable[RecordRef], account: str) -> Beside:
    """Beside a post of other people elsewhere: another such post. None beside others: a list shows them."""
    if kind != ELSEWHERE:
        return ()
    posts = [ref for ref in known if ref.key.startswith(_POST) and kind_of_post(ref, account) == kind]
    return tuple((_ident(ref),) for ref in posts[:MOST])


def other_comments(known: Iterable[RecordRef], account: str) -> Beside:
    """Beside a comment: a comment of somebody else, and what the Page said, a comment where there is one. Each of
    another person and under another post, as far as there are such, since what goes together goes at once."""
    found = list(known)
    comments = [ref for ref in found if ref.key.startswith(_COMMENT)]
    posts = [ref for ref in found if ref.key.startswith(_POST) and ref.kind is RecordKind.POST]
    theirs = apart(ref for ref in comments if ref.author != account)
    ours = [*apart(ref for ref in comments if ref.author == account)[:2], *posts][:MOST]
    if not ours:
        return ()
    return tuple((_ident(one), _ident(ours[place % len(ours)])) for place, one in enumerate(theirs))


def listed_beside(comments: Iterable[Json], posts: Iterable[Json], account: str) -> Beside:
    """The same of what a list shows of comments and posts."""
    theirs = [one["id"] for one in comments if is_ident(one.get("id")) and not is_by(one, account)]
    ours = [one["id"] for one in posts if is_ident(one.get("id")) and is_by(one, account)]
    if not ours:
        return ()
    return tuple((one, ours[place % len(ours)]) for place, one in enumerate(theirs[:MOST]))


def beside_in(context: JSONValue) -> Beside:
    """As it travels in the context of a question."""
    return tuple(_texts(context)) if isinstance(context, list | tuple) else ()


def _texts(given: Iterable[JSONValue]) -> Iterator[tuple[str, ...]]:
    for some in given:
        if isinstance(some, list | tuple) and some and all(isinstance(one, str) for one in some):
            yield tuple(some)


def all_there(body: Mapping[str, JSONValue], idents: Sequence[str], account: str) -> bool:
    """Whether an answer shows everything that was asked for, the first of another person than the Page, and what is
    beside that of the Page."""
    shown = [one for ident in idents if isinstance(one := body.get(ident), dict) and one.get("id") == ident]
    if not shown or len(shown) != len(idents):
        return False
    return not is_by(shown[0], account) and all(is_by(one, account) for one in shown[1:])


def is_by(value: Json, account: str) -> bool:
    """Whether the Page said it. It is always named, other people are not."""
    author = value.get("from")
    return isinstance(author, dict) and author.get("id") == account


def _ident(ref: RecordRef) -> str:
    return ref.key.partition("/")[2]
