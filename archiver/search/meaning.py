"""What the tree of a query comes down to: conditions on terms and times."""

from __future__ import annotations

from collections.abc import Iterable

from archiver.search import conditions, terms
from archiver.search.analyser import Analysis, analyse, fold, stem
from archiver.search.conditions import All, Always, Any, Between, Condition, Never, Run, all_of, any_of, negation
from archiver.search.tree import (
    Accounts,
    And,
    Author,
    Dated,
    Everything,
    Leaf,
    Node,
    Not,
    Nothing,
    Or,
    Text,
    leaves,
)

_TERM_OF_FIELD = {
    "platform": terms.PLATFORM,
    "kind": terms.KIND,
    "state": terms.STATE,
    "has": terms.TRAIT,
    "series": terms.SERIES,
}
#: Tiers of relevance are looked for only up to this many words.
_MOST_RANKED = 32


def condition(node: Node) -> Condition:
    """The condition under which a document answers."""
    match node:
        case Everything():
            return Always()
        case Nothing():
            return Never()
        case And(parts):
            return all_of(condition(part) for part in parts)
        case Or(parts):
            return any_of(condition(part) for part in parts)
        case Not(part):
            return negation(condition(part))
        case _:
            return _leaf(node)


def closed(condition: Condition) -> Condition:
    """The same asked by whoever sees more than what everybody saw: they find a record by what everybody saw of it, and
    by what they see (:data:`archiver.search.terms.CLOSED`)."""
    match condition:
        case Run() if condition.terms[0][0] in terms.CLOSED and _may_be_closed(condition):
            own = tuple(terms.CLOSED[term[0]] + term[1:] for term in condition.terms)
            return any_of([condition, Run(own, condition.prefix)])
        case All(parts):
            return all_of(closed(part) for part in parts)
        case Any(parts):
            widened = [closed(part) for part in parts]
            return any_of(one for part in widened for one in (part.parts if isinstance(part, Any) else (part,)))
        case conditions.Not(part):
            return negation(closed(part))
        case _:
            return condition


def _may_be_closed(run: Run) -> bool:
    kind, said = run.terms[0][0], run.terms[0][1:]
    return kind != terms.TRAIT or said in terms.CLOSED_TRAITS


def tiers(node: Node) -> list[Condition]:
    """Relevance as a clerk can check it: hits in the first tier come first, then the second …, newest first in each.

    1. all words that were asked for stand side by side, as typed; 2. all of them occur exactly as typed; 3. all of them
    occur in some form (which matters where the query says *or*); 4. every other hit. Each tier holds the one before.
    """
    asked = [leaf for leaf in leaves(node, positive_only=True) if isinstance(leaf, Text)]
    whole = condition(node)
    if not asked or len(asked) > _MOST_RANKED:
        return [whole]
    as_typed = [_as_typed(leaf) for leaf in asked]
    found = [
        all_of([whole, *map(condition, asked), *as_typed, *_side_by_side(as_typed)]),
        all_of([whole, *map(condition, asked), *as_typed]),
        all_of([whole, *map(condition, asked)]),
        whole,
    ]
    return [tier for place, tier in enumerate(found) if tier not in found[:place]]


def _side_by_side(runs: list[Run]) -> Iterable[Run]:
    if len({run.terms[0][0] for run in runs}) == 1 and not any(run.prefix for run in runs[:-1]):
        yield Run(tuple(term for run in runs for term in run.terms), runs[-1].prefix)


def _leaf(leaf: Leaf) -> Condition:
    match leaf:
        case Text():
            return text(leaf)
        case Author():
            return _author(leaf)
        case Accounts("series", said, ids):
            return any_of([accounts(ids), Run((terms.value(terms.SERIES, said),))])
        case Accounts():
            return accounts(leaf.ids)
        case Dated(_, _, start, end):
            return Between(start, end)
        case _:
            return any_of(Run((terms.value(_TERM_OF_FIELD[leaf.field], said),)) for said in leaf.values)


def accounts(ids: Iterable[str]) -> Condition:
    """One of these accounts."""
    return any_of(Run((terms.account(account_id),)) for account_id in sorted(ids))


def text(leaf: Text) -> Condition:
    """The condition of words, a phrase, a beginning, a hashtag or a name."""
    found = analyse(leaf.said)
    if not found.words:
        return Always()
    if leaf.exact or leaf.prefix:
        return _as_typed(leaf)
    if sign := sole_sign(leaf.said, found):
        return Run((sign,))
    joined = "".join(found.words)
    if len(found.words) == 1:
        return Run((terms.STEM + stem(joined),))
    side_by_side = Run(tuple(terms.PLAIN + word for word in found.words))
    return any_of([side_by_side, Run((terms.STEM + stem(joined),))]) if joined in found.joined else side_by_side


def sole_sign(said: str, found: Analysis) -> str | None:
    """The term of the hashtag or name, where that is all that was said."""
    said = said.strip(".,;:!?()[]\"'")
    name = fold(said[1:])
    if said[:1] in "#\uff03" and found.hashtags == {name}:
        return terms.value(terms.HASHTAG, name)
    return terms.value(terms.NAME, name) if said[:1] in "@\uff20" and name in found.names else None


def _as_typed(leaf: Text) -> Run:
    found = analyse(leaf.said)
    if leaf.exact and found.marked:
        return Run(tuple(terms.MARKED + word for word in found.marked))
    return Run(tuple(terms.PLAIN + word for word in found.words), leaf.prefix)


def _author(leaf: Author) -> Condition:
    run = Run(tuple(terms.AUTHOR + word for word in analyse(leaf.said).words), leaf.prefix)
    if leaf.exact or leaf.prefix:
        return run
    whole = Run((terms.value(terms.AUTHOR_EXACT, leaf.said.lstrip("@")),))
    return whole if leaf.said.startswith("@") else any_of([run, whole])
