"""Fields that a question to the X API can do without. Pure.

X refuses a whole question for one field that it does not have any more ("… is not one of …", status 400), or that it
does not show to this token. So what is asked for beside what every question needs may be left out again: the same
question is put once more without the field that the refusal names, what follows from its answer is asked without it
too, and the refusal is told as drift. Nothing is left out that a refusal does not name, and nothing without which a
record would be taken for another one, for one of another kind, or for an edited one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from urllib.parse import parse_qsl, urlencode

from connectors.contract import Answer, Ask, JSONValue, Problem, ProblemKind, Reading

SPARE: Mapping[str, frozenset[str]] = {
    parameter: frozenset(names.split())
    for parameter, names in {
        "post.fields": "article article_title attachments card_uri community_id display_text_range edit_controls"
        " entities geo lang media_metadata note_post paid_partnership possibly_sensitive public_metrics reply_settings"
        " scopes source",
        "expansions": "attachments.media_keys attachments.poll_ids geo.place_id",
        "user.fields": "created_at entities is_identity_verified parody profile_banner_url profile_image_url"
        " public_metrics url verified_type",
        "media.fields": "alt_text duration_ms height preview_image_url width",
        "poll.fields": "duration_minutes end_datetime voting_status",
        "place.fields": "country_code full_name geo name place_type",
        "dm_event.fields": "entities",
    }.items()
}
"""By parameter. All else is needed: without it a record would have another kind, key, state or place."""
_OLD = {"tweet.fields": "post.fields"}
"""What X calls a parameter as well."""
_OF: Mapping[str, str] = {"tweet": "post.fields", "post": "post.fields", "user": "user.fields", "media": "media.fields"}
"""In which parameter the fields of a kind of thing are asked for."""
_UNKNOWN = re.compile(r"\[([a-z_.]{1,64})\] is not one of\b")
_NOT_SHOWN = frozenset({"not-authorized-for-field", "field-unauthorized"})
_REFUSING = frozenset({200, 400, 401, 403})
_LONGEST = 500
_REFUSED_LOOK = Problem(ProblemKind.CONTRACT, "X refuses a field that it documents; it is asked again without it")


def spared(ask: Ask, answer: Answer) -> Reading | None:
    """The same question without the fields that ``answer`` refuses; None where it refuses none of those that were asked
    for and can be done without. A direct look that was refused says nothing of what it looked for."""
    refused = [one for one in dict.fromkeys(_refused(answer)) if one in _asked(ask)]
    if not refused:
        return None
    left_out = (*without(ask), *refused)
    url, _, query = ask.url.partition("?")
    parameters = spare_of(parse_qsl(query), left_out)
    less = replace(ask, url=f"{url}?{query_of(parameters)}", context={**ask.context, "without": list(left_out)})
    drift = tuple(f"refused {one}" for one in refused)
    if ask.context.get("look"):
        return Reading(asks=(less,), drift=drift, problem=_REFUSED_LOOK)
    return Reading(next_page=less, drift=drift) if ask.listing is not None else Reading(asks=(less,), drift=drift)


def without(ask: Ask) -> tuple[str, ...]:
    """Fields that were left out of a question because they were refused, each as ``parameter: field``."""
    given = ask.context.get("without")
    return tuple(one for one in given if isinstance(one, str)) if isinstance(given, list | tuple) else ()


def spare_of(parameters: Sequence[tuple[str, str]], left_out: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """Parameters of a question without what is left out, and without those that ask for nothing more."""
    found = []
    for name, value in parameters:
        wanted = [one for one in value.split(",") if f"{name}: {one}" not in left_out] if name in SPARE else [value]
        if wanted:
            found.append((name, ",".join(wanted)))
    return tuple(found)


def query_of(parameters: Sequence[tuple[str, str]]) -> str:
    """As it stands in the address of a question."""
    return urlencode(parameters, safe=",:")


def _asked(ask: Ask) -> set[str]:
    """What a question asks for and can do without."""
    given = parse_qsl(ask.url.partition("?")[2])
    return {f"{name}: {one}" for name, value in given for one in value.split(",") if one in SPARE.get(name, ())}


def _refused(answer: Answer) -> Iterator[str]:
    """Fields that an answer refuses, where it gives nothing else."""
    try:
        body: JSONValue = answer.json if answer.status in _REFUSING else None
    except ValueError:
        return
    if not isinstance(body, dict) or "data" in body:
        return
    listed = body.get("errors")
    for one in (body, *(listed if isinstance(listed, list) else ())):
        if isinstance(one, dict):
            yield from _not_shown(one)
            yield from _not_known(one) if answer.status == 400 else ()


def _not_known(one: Mapping[str, JSONValue]) -> Iterator[str]:
    """A field that is none: named in the message, beside the parameter it was asked for in; or as one value."""
    given, message, value = one.get("parameters"), one.get("message"), one.get("value")
    parameters = list(given) if isinstance(given, dict) else [one.get("parameter")]
    named = _UNKNOWN.search(message[:_LONGEST]) if isinstance(message, str) else None
    name = named[1] if named is not None else value
    if isinstance(name, str):
        yield from (f"{_OLD.get(str(each), each)}: {name}" for each in parameters)


def _not_shown(one: Mapping[str, JSONValue]) -> Iterator[str]:
    """A field that is there, but not for this token."""
    kind, name, about = str(one.get("type")).rpartition("/")[2], one.get("field"), one.get("resource_type")
    if kind in _NOT_SHOWN and isinstance(name, str):
        parameters = [_OF[about]] if isinstance(about, str) and about in _OF else list(SPARE)
        yield from (f"{parameter}: {each}" for parameter in parameters for each in (name, name.partition(".")[0]))
