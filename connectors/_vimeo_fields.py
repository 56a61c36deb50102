"""Names of the fields that are asked of Vimeo, by kind of thing; others are drift. Pure."""

from __future__ import annotations

from collections.abc import Mapping

KNOWN: Mapping[str, frozenset[str]] = {
    kind: frozenset(names.split())
    for kind, names in {
        "list": "data filtered_total page paging per_page total",
        "user": "bio created_time link location metadata name pictures short_bio uri websites",
        "video": "created_time description duration language link metadata modified_time name pictures privacy"
        " release_time stats status tags type uri user",
        "comment": "created_on metadata text type uri user",
        "track": "active language link link_expires_time name type uri",
    }.items()
}
