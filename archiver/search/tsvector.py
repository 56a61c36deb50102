"""The terms of a document as PostgreSQL keeps them: one ``tsvector`` with positions, or several without.

PostgreSQL takes what does not fit and says nothing: positions above 16,383 become 16,383, of more than 256 positions of
one lexeme the rest is dropped; above one megabyte of lexemes it refuses. So a document is *short* when all of it fits,
with room to spare; then its ``tsvector`` is its list of terms, and every condition is answered on it alone. Any other
is *long*: its different terms are spread over as many ``tsvector`` as they need, which say exactly what occurs in it,
and whether terms are neighbours is asked of the list itself.
"""

from __future__ import annotations

from collections.abc import Iterator

from archiver.search import terms as kinds

#: Terms that stand in an order, which a phrase asks for. All others only occur or do not.
_ORDERED = frozenset({kinds.PLAIN, kinds.MARKED, kinds.AUTHOR, kinds.CLOSED[kinds.PLAIN], kinds.CLOSED[kinds.MARKED]})
#: PostgreSQL's limits are 16,383 positions, 256 of one lexeme, 2^20 - 1 bytes of lexemes and positions.
_MOST_POSITIONS = 16_000
_MOST_OF_ONE = 250
_MOST_BYTES = 1_000_000


def short(terms: str) -> str | None:
    """The text form of the ``tsvector`` of these terms; None: the document is long."""
    places: dict[str, list[int]] = {}
    for place, term in enumerate(terms.split(" "), 1):
        of_one = places.setdefault(term, [])
        if term[0] in _ORDERED:
            if place > _MOST_POSITIONS or len(of_one) == _MOST_OF_ONE:
                return None
            of_one.append(place)
    if sum(len(term.encode()) + 2 * len(of_one) + 4 for term, of_one in places.items()) > _MOST_BYTES:
        return None
    return " ".join(
        [f"'{term}':{','.join(map(str, found))}" if found else f"'{term}'" for term, found in places.items()]
    )


def parts(terms: str) -> Iterator[str]:
    """The text forms of the several ``tsvector`` of a long document: each of its terms is in one of them."""
    part: list[str] = []
    size = 0
    for term in sorted(set(terms.split(" "))):
        size += len(term.encode()) + 4
        if size > _MOST_BYTES and part:
            yield " ".join(part)
            part, size = [], len(term.encode()) + 4
        part.append(f"'{term}'")
    yield " ".join(part)
