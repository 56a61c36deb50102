"""What was done with the posts of a page, as LinkedIn remembers it for 60 days: made from the acts of the city, in the
shape of its notifications."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

from archiver.practice import acts
from archiver.practice.city import City
from archiver.practice.ids import milliseconds
from archiver.practice.linkedin_ids import activity_urn, comment_urn, page_urn, person_urn, post_urn
from archiver.practice.linkedin_json import Body

KEPT = timedelta(days=60)
RANGE = re.compile(r"\(start:([0-9]{1,16}),end:([0-9]{1,16})\)")
LIST = re.compile(r"List\(([A-Z_,]{1,200})\)")


class Notices:
    """What was done in a city with the posts of one page after another."""

    def __init__(self, city: City) -> None:
        self._city = city

    def of(self, page: int, actions: set[str], since: int, until: int) -> list[Body]:
        """Those between two times in milliseconds, the latest first. Nothing is told of what is older than 60 days."""
        since = max(since, milliseconds(self._city.clock.now() - KEPT))
        told = [one for one in self._all(page) if one["action"] in actions and since <= one["lastModifiedAt"] <= until]
        return told[::-1]

    def _all(self, page: int) -> Iterator[Body]:
        said: dict[int, acts.Say] = {}
        roots: dict[int, int] = {}
        for number, act in enumerate(self._city.journal):
            if isinstance(act, acts.Say):
                said[act.id], roots[act.id] = act, act.id if act.parent is None else roots[act.parent]
            told = self._told(act, said, roots, page)
            if told is not None:
                yield told | {"notificationId": number, "lastModifiedAt": milliseconds(act.at)}

    def _told(self, act: acts.Act, said: dict[int, acts.Say], roots: dict[int, int], page: int) -> Body | None:
        match act:
            case acts.Share() if act.of in said and self._is_open(said[act.of], page):
                return _notice(page, "SHARE", page, act.of, post_urn(act.id), {})
            case acts.Say() if act.parent is None and page in act.mentions and act.visibility == "public":
                share = {"share": {"owner": person_urn(act.author), "text": act.wording.text}}
                return _notice(page, "SHARE_MENTION", act.author, act.id, post_urn(act.id), share)
            case acts.Say() | acts.Edit() | acts.Delete() if act.id in said and said[act.id].parent is not None:
                comment, root = said[act.id], roots[act.id]
                if not self._is_open(said[root], page):
                    return None
                words = None if isinstance(act, acts.Delete) else act.wording.text
                told = {"comment": _comment(comment, root, page, words)}
                return _notice(page, _action(act, comment.author == page), page, root, _short(act.id, root), told)
        return None

    @staticmethod
    def _is_open(post: acts.Say, page: int) -> bool:
        return post.author == page and post.parent is None and post.visibility == "public"


def _action(act: acts.Act, own: bool) -> str:
    if isinstance(act, acts.Say):
        return "ADMIN_COMMENT" if own else "COMMENT"
    return "COMMENT_EDIT" if isinstance(act, acts.Edit) else "COMMENT_DELETE"


def _comment(comment: acts.Say, root: int, page: int, words: str | None) -> Body:
    owner = page_urn(page) if comment.author == page else person_urn(comment.author)
    body = {"owner": owner, "entity": comment_urn(comment.id, root), "object": activity_urn(root)}
    return body if words is None else body | {"text": words}


def _short(comment: int, root: int) -> str:
    return comment_urn(comment, root).replace("(urn:li:", "(", 1)


def _notice(page: int, action: str, owner: int, post: int, generated: str, decorated: Body) -> Body:
    author = page_urn(page) if owner == page else person_urn(owner)
    return {
        "organizationalEntity": page_urn(page),
        "action": action,
        "sourcePost": activity_urn(post),
        "decoratedSourcePost": {"owner": author, "entity": post_urn(post), "text": "", "mediaCategory": "NONE"},
        "generatedActivity": generated,
        "decoratedGeneratedActivity": decorated,
        "subscriber": "urn:li:person:adm1",
    }
