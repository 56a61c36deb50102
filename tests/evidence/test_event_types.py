"""What events may say: documented, complete, and never words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from archiver import ids
from archiver.evidence import events_page
from archiver.evidence.event_types import EVENTS, PATTERNS, SUBJECTS, EventKind, EventType, check_facts

PAGE = Path(__file__).parents[2] / "docs" / "events.md"
KINDS = pytest.mark.parametrize("kind", EVENTS.values(), ids=lambda kind: str(kind.name))

COMMITMENT = "cra-tree/1:" + "0f" * 32
ACCOUNT = ids.account_id("mastodon", "https://city.example", "1")
RECORD = ids.record_id(ACCOUNT, "status:1")
EXAMPLES = {
    "id, `ac_…`": ACCOUNT,
    "id, `at_…`": ids.new_id("at"),
    "id, `av_…`": ids.new_id("av"),
    "id, `ex_…`": ids.new_id("ex"),
    "id, `im_…`": ids.import_id(ACCOUNT, "0f" * 32),
    "id, `rn_…`": ids.new_id("rn"),
    "id, `bu_…`": ids.new_id("bu"),
    "id, `cl_…`": ids.new_id("cl"),
    "id, `ml_…`": ids.new_id("ml"),
    "id, `se_…`": ids.new_id("se"),
    "id, `sg_…`": ids.new_id("sg"),
    "id, `sn_…`": ids.new_id("sn"),
    "id, `gr_…`": ids.new_id("gr"),
    "id, `pe_…`": ids.new_id("pe"),
    "id, `tk_…`": ids.new_id("tk"),
    "SHA-256, hex": "0f" * 32,
    "commitment with its scheme": COMMITMENT,
    "code": "sign_in_expired",
    "short name of an authority, as in keys": "city-clerk",
    "origin of a server": "https://city.example:8443",
    "key of a snapshot": f"snapshots/20261122T130000Z-{ids.new_id('sn')}",
    "key of a segment": f"segments/unassigned/{ACCOUNT}/private-media/2026-11/{ids.new_id('sg')}-{'0f' * 32}.warc.gz",
    "id of a key, hex": "c74f20a3",
    "version of a connector": "1.2.0rc1",
    "time, UTC": "2026-11-22T13:00:00.123456Z",
    "version id, as the store gave it": "3/L4kqtJlcpXroDTDmJ+rmSpXd3dIbrHY+MTRCxf3vjVBH40Nr8X8gdRQBpUMLUo",
    "day, by the city's calendar": "2026-11-22",
}
#: A store may give any version id; what is known of records is refused there too, a single word cannot be told apart.
BY_THE_STORE = "version id, as the store gave it"
#: Texts that must never get into an entry.
FORBIDDEN = [
    RECORD,
    ids.version_id(RECORD, ids.exchange_id("rn_1", 0), 0),
    ids.medium_id(RECORD, "1"),
    f"{RECORD}-{'0f' * 32}",
    "Jane Doe",
    "Jane_Doe",
    "pothole on Elm Street",
    "from:jane budget -2024",
    "Straße",
    "",
    "a" * 2000,
    "https://city.example/@mayor/123",
    "https://city.example?q=words",
    f"{'0f' * 32}\n",
]


def leaves_of(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for one in schema.get("anyOf", [schema]):
        if one.get("type") == "array":
            yield from leaves_of(one["items"])
        elif one.get("type") == "object":
            for names, value in one["patternProperties"].items():
                yield {"type": "string", "pattern": names}
                yield from leaves_of(value)
        else:
            yield one


def example(schema: dict[str, Any]) -> Any:
    first = schema.get("anyOf", [schema])[0]
    if "enum" in first:
        return first["enum"][0]
    if first["type"] == "array":
        return [example(first["items"])]
    if first["type"] == "object":
        return {"private": example(*first["patternProperties"].values())}
    return EXAMPLES[PATTERNS[first["pattern"]]] if first["type"] == "string" else 7


def facts_of(kind: EventKind) -> dict[str, Any]:
    return {name: example(schema) for name, schema in kind.facts.model_json_schema()["properties"].items()}


def test_every_type_has_its_meaning_and_no_other_is_known() -> None:
    assert set(EVENTS) == set(EventType)
    assert all(kind.name == name and kind.subject in SUBJECTS for name, kind in EVENTS.items())
    assert all(re.fullmatch(r"[a-z]+\.[a-z_]+", name) for name in EVENTS)


def test_the_page_about_events_is_current() -> None:
    assert PAGE.read_text() == events_page.render(), "run: python -m archiver.evidence.events_page > docs/events.md"


@KINDS
def test_every_field_holds_a_count_or_a_text_of_an_allowed_form(kind: EventKind) -> None:
    schema = kind.facts.model_json_schema()
    assert schema["additionalProperties"] is False
    assert set(schema.get("required", ())) == set(schema["properties"])
    for name, field in schema["properties"].items():
        assert field["description"], name
        assert field.get("type") != "array" or field["maxItems"] <= 100
        assert field.get("type") != "object" or field["maxProperties"] <= 10
        for leaf in leaves_of(field):
            if leaf["type"] == "string":
                assert "enum" in leaf or leaf["pattern"] in PATTERNS, name
            else:
                assert leaf["type"] in ("integer", "null"), name


def test_no_allowed_form_fits_a_record_a_name_or_words() -> None:
    assert set(EXAMPLES) == set(PATTERNS.values())
    assert not {"rc", "ve", "md"} & set(SUBJECTS.values())
    for pattern, words in PATTERNS.items():
        assert re.fullmatch(pattern, EXAMPLES[words]), words
        if words != BY_THE_STORE:
            for text in FORBIDDEN:
                assert not re.fullmatch(pattern, text), (words, text)


@KINDS
def test_what_a_type_asks_for_is_accepted_and_nothing_else(kind: EventKind) -> None:
    facts = facts_of(kind)
    check_facts(kind.name, kind.subject, facts)
    for wrong in (facts | {"more": 1}, *({k: v for k, v in facts.items() if k != gone} for gone in facts)):
        with pytest.raises(ValueError, match="cannot say this"):
            check_facts(kind.name, kind.subject, wrong)


@KINDS
@pytest.mark.parametrize("text", FORBIDDEN, ids=lambda text: text[:25])
def test_what_must_not_be_in_the_log_is_refused_in_every_field(kind: EventKind, text: str) -> None:
    facts = facts_of(kind)
    for name, value in facts.items():
        if name == "version" and text == "Jane_Doe":
            continue
        wrongs: list[Any] = [[text] if isinstance(value, list) else text]
        if isinstance(value, dict):
            wrongs += [{"private": text}, {text: value["private"]}]
        for wrong in wrongs:
            with pytest.raises(ValueError, match="cannot say this"):
                check_facts(kind.name, kind.subject, facts | {name: wrong})


@KINDS
def test_values_of_another_kind_and_endless_lists_are_refused(kind: EventKind) -> None:
    facts = facts_of(kind)
    for name, value in facts.items():
        wrongs: tuple[Any, ...] = (True, -1, 1.5, 2**53, {}, ["code"] * 101, [["code"]], "7", b"code")
        for wrong in wrongs:
            if not (isinstance(wrong, str) and isinstance(value, str)):
                with pytest.raises(ValueError, match="cannot say this"):
                    check_facts(kind.name, kind.subject, facts | {name: wrong})


def test_unknown_types_and_other_subjects_are_refused() -> None:
    with pytest.raises(ValueError, match="no type of event"):
        check_facts("record.viewed", "record", {})
    with pytest.raises(ValueError, match="about a subject of kind account"):
        check_facts("account.paused", "run", {})


def test_a_refusal_does_not_repeat_what_was_said() -> None:
    with pytest.raises(ValueError) as refused:
        check_facts("account.changed", "account", {"fields": ["Jane Doe"]})
    assert "Jane" not in str(refused.value)
    assert refused.value.__cause__ is None
