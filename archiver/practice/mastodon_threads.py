"""Which posts a thread shows above and below a post, and in what order."""

from __future__ import annotations

from archiver.practice.city import City, Post


def ancestors(city: City, post: Post, viewer: int | None, limit: int) -> list[Post]:
    """What ``post`` answers, oldest first, at most the ``limit`` nearest."""
    found: list[Post] = []
    above = city.posts.get(post.parent or 0)
    while above is not None and len(found) < limit:
        found.append(above)
        above = city.posts.get(above.parent or 0)
    return [other for other in reversed(found) if _shown(city, other, viewer)]


def descendants(city: City, post: Post, viewer: int | None, limit: int, depth: int | None) -> list[Post]:
    """What answers ``post`` at any level down to ``depth``: depth first, by id, an author's answers to himself first.

    The limit counts before those not shown are left out, as on the real thing: more may exist than are ever listed.
    """
    found: list[Post] = []
    pending = [(reply, 1) for reply in sorted(post.replies, reverse=True)]
    while pending and len(found) < limit:
        number, level = pending.pop()
        reply = city.posts[number]
        found.append(reply)
        if depth is None or level < depth:
            pending += [(below, level + 1) for below in sorted(reply.replies, reverse=True)]
    shown = [reply for reply in found if _shown(city, reply, viewer)]
    return sorted(shown, key=lambda reply: reply.parent_author != reply.author)


def _shown(city: City, post: Post, viewer: int | None) -> bool:
    if not city.stands(post) or not city.sees(viewer, post):
        return False
    return viewer is None or post.author not in city.people[viewer].blocked
