"""Why a file is no export that can be read, where that can be seen by the names in it, and what to ask for instead."""

from __future__ import annotations

import re
from collections.abc import Collection

_REASONS = (
    (
        re.compile(r"(?:.*/)?(?:this_profile.{0,3}s_activity_across_facebook|your_facebook_activity|posts)/.*\.html"),
        "it is Facebook's export made to be looked at (HTML); have it made anew as JSON",
    ),
    (
        re.compile(r"(?:.*/)?(?:your_instagram_activity/.*|(?:content|media)/posts_\d{1,4})\.html"),
        "it is Instagram's export made to be looked at (HTML); have it made anew as JSON",
    ),
    (
        re.compile(r"(?:.*/)?(?:Post/Posts?|Posts?|Comment/Comments|TikTok_Data_\d+/.*)\.txt"),
        "it is TikTok's export as text (TXT); have it made anew as JSON",
    ),
    (
        re.compile(r"(?:.*/)?[^/]*(?:_content_|_updates?_|_page_|_followers_|_visitors_)[^/]*\.xlsx?", re.IGNORECASE),
        "it is a table of numbers of a page, which names posts by a day and their title; this version does not read it:"
        " keep it as it is with `archiver deposit`",
    ),
    (
        re.compile(r"(?:.*/)?[^/]*\.xlsx?", re.IGNORECASE),
        "it is a workbook, and no platform exports an account as one; keep it as it is with `archiver deposit`",
    ),
)


def why_not(names: Collection[str]) -> str | None:
    """One sentence without its end; None where nothing is known of it."""
    return next((why for form, why in _REASONS if any(form.fullmatch(name) for name in names)), None)
