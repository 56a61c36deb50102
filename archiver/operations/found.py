"""Hits of a search as programs get them, from the command line and over HTTP alike."""

from __future__ import annotations

from typing import Any

from archiver.clock import to_text
from archiver.search.facets import Facets
from archiver.search.hits import Hit
from archiver.search.index import Results


def as_json(results: Results, query: str, total: int | None = None) -> dict[str, Any]:
    """``total`` replaces the count of the results where it was counted to the end."""
    counted = results.total.count if total is None else total
    return {
        "query": query,
        "read_as": results.reading,
        "not_understood": list(results.not_understood),
        "total": counted,
        "total_is_exact": results.total.exact or total is not None,
        "hits": [_hit(hit) for hit in results.hits],
        "next": results.next,
        **({"facets": _facets(results.facets)} if results.facets is not None else {}),
    }


def _hit(hit: Hit) -> dict[str, Any]:
    return {
        "record": hit.record_id,
        "account": hit.account_id,
        "platform": hit.platform,
        "kind": hit.kind,
        "state": hit.state,
        "at": to_text(hit.at),
        "author": {"name": hit.author_name, "handle": hit.author_handle},
        "versions": hit.versions,
        "edited_away": hit.edited_away,
        "excerpt": hit.excerpt.plain(),
    }


def _facets(facets: Facets) -> dict[str, Any]:
    named = {
        "accounts": facets.accounts,
        "kinds": facets.kinds,
        "states": facets.states,
        "years": facets.years,
        "months": facets.months,
    }
    return {name: dict(counts) for name, counts in named.items()} | {"edited": facets.edited, "exact": facets.exact}
