"""Every column and field in which somebody's text stands, and attacks in all of them at once.

What a text column is for is said here once: one that is new and not named fails the test. Attacks are written over what
stands there, past every check of what may be entered: pages hold, whatever let it in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from pydantic import BaseModel
from sqlalchemy import Column, Connection, Table, UniqueConstraint, select, update

from archiver.accounts.register.statements import SORTS, Thing
from archiver.database import Base, Characters, Json, safe_text
from archiver.evidence.challenge_facts import ChallengeSays
from archiver.evidence.matter_facts import ModerationSays
from archiver.evidence.official_facts import OfficialSays
from archiver.evidence.page_role_facts import RoleReviewSays
from tests.browser.payloads import payloads

#: Text columns whose words are somebody's: a person's of the city, a platform's, a stranger's.
FREE: Final[dict[str, str]] = {
    "account": "handle name url state_reason added_user added_why",
    "address_change": "mail",
    "api_token": "name",
    "challenge_statement": "by why",
    "connect_link": "owner said url",
    "coverage": "reason",
    "credential": "refused_why",
    "deposit": "name deposited_by reason source",
    "exchange": "uri problem",
    "gap": "cause remedy",
    "handle": "handle name url",
    "import": "name source reason brought_by confirmed",
    "imported_file": "name url",
    "imported_version": "author_id author_name author_handle url word text",
    "link": "address target reason",
    "log_signing": "detail",
    "mail": "recipient name reason",
    "medium": "url alt_text reason content_type",
    "moderation_statement": "by why",
    "official_decision": "by why",
    "passkey": "name",
    "person": "name mail subject",
    "platform_app": "client",
    "quota": "subject",
    "record": "author_id author_name author_handle url word",
    "record_note": "text",
    "record_tag": "tag",
    "register_document": "name type by",
    "register_statement": "by why",
    "run": "reason",
    "saved_search": "name query",
    "role_review_statement": "by why",
    "selection": "name",
    "session": "browser",
    "subscription": "failed",
    "timestamp_service": "problem",
    "version": "text",
}
#: Columns of JSON in which somebody's words stand, in every text of it or in those of the model that it follows.
JSON: Final[dict[str, str]] = {
    "account": "settings",
    "challenge_statement": "says",
    "exchange": "quarantine",
    "imported_version": "content media",
    "moderation_statement": "says",
    "occurrence": "partial",
    "official_decision": "says",
    "register_statement": "says",
    "role_review_statement": "says",
    "run": "drift",
    "version": "content",
}
#: Text columns with words of our own, whatever they are of: ids, keys, codes, digests, days.
OURS: Final = frozenset(
    [
        "access",
        "act_id",
        "action",
        "added_by",
        "adopted_by",
        "allowance",
        "analyser",
        "as_of",
        "authority",
        "begun",
        "browser_sha256",
        "capture",
        "change",
        "claim",
        "closed_by",
        "code",
        "commitment",
        "connector_version",
        "credential",
        "digest",
        "drawn_from",
        "effective",
        "ended",
        "evidence",
        "fits",
        "format",
        "holder",
        "host",
        "how",
        "identity",
        "key",
        "kind",
        "listing",
        "log_origin",
        "method",
        "month",
        "next",
        "nonce",
        "number",
        "opened_by",
        "outcome",
        "page",
        "parent_id",
        "password",
        "place",
        "platform",
        "platform_id",
        "reader",
        "reader_version",
        "role",
        "route",
        "said_state",
        "scope",
        "service",
        "settings_hash",
        "sha256",
        "short",
        "state",
        "stream",
        "subject",
        "sweep",
        "thing",
        "through",
        "topic",
        "track",
        "trained_on",
        "trigger",
        "type",
        "use",
        "verifier",
        "analyser",
        "id",
        "issuer",
        "refused",
        "log_signing.problem",
        "exchange.purpose",
        "connect_link.purpose",
        "credential.purpose",
        "mail.purpose",
        "mail.problem",
        "mail.about",
        "official_decision.finding",
        "deposit.about",
        "quota.purpose",
        "passkey_challenge.purpose",
        "picture.browser",
        "picture.content_type",
        "timestamp_service.name",
    ]
)
#: JSON of our own: counts, codes, ids, places in lists; and what is said of an account when a run began, which is no
#: more than its own row says.
OUR_JSON: Final = frozenset(
    ("about", "bookmark_after", "bookmark_before", "counts", "digests", "evidence", "exchanges", "media", "parts",
     "scopes", "settings", "watch", "search_source.content")
)  # fmt: skip
#: Where a text of these is shorter, because no page or act lets it be longer.
LONGEST: Final = {"tag": 50, "selection.name": 100, "saved_search.name": 100}
_LONGEST: Final = 2000
_TOGETHER: Final = 1900
"""Characters of attacks that stand in one text together."""
_ONE: Final = 600
"""Characters of one of them: how far a long one reaches is seen with words that have no end."""
_SHORT: Final = 1000
"""Characters of a field that takes one attack alone."""
_SAYS: Final[Mapping[str, Callable[[Mapping[Any, Any]], type[BaseModel]]]] = {
    "register_statement": lambda row: SORTS[Thing(row["thing"])].says,
    "moderation_statement": lambda row: ModerationSays,
    "challenge_statement": lambda row: ChallengeSays,
    "role_review_statement": lambda row: RoleReviewSays,
    "official_decision": lambda row: OfficialSays,
}

#: What is written into a field: its name, the number of its row, and how long it may be.
Words = Callable[[str, int, int], str]


@dataclass(frozen=True, slots=True)
class Attack:
    """Words for every text that is somebody's. ``kept``: texts by which pages find what they are about."""

    words: Words
    kept: frozenset[str] = frozenset()

    def __call__(self, connection: Connection) -> None:
        """Write it over everything that stands there."""
        for table in _tables():
            self._table(connection, table)

    def _table(self, connection: Connection, table: Table) -> None:
        named = [table.c[one] for one in (FREE.get(table.name, "") + " " + JSON.get(table.name, "")).split()]
        if not named:
            return
        key = list(table.primary_key.columns)
        for number, row in enumerate(connection.execute(select(table).order_by(*key)).mappings().all()):
            values = {column.name: self._value(column, row, number) for column in named}
            mine = [one == row[one.name] for one in key]
            connection.execute(update(table).where(*mine).values(**values))

    def _value(self, column: Column[Any], row: Mapping[Any, Any], number: int) -> Any:
        table, old = column.table.name, row[column.name]
        if isinstance(old, str) and old in self.kept:
            return old
        if isinstance(column.type, Json):
            says = _SAYS.get(table)
            if says is not None:
                model = says(row)
                schema = model.model_json_schema()
                return self._said(old, schema, schema.get("$defs", {}), model.__name__, number)
            return self._leaves(old, f"{table}.{column.name}", number)
        name = f"{table}.{column.name}"
        longest = LONGEST.get(name, LONGEST.get(column.name, _LONGEST))
        return self._new(name, number, longest, unique=_unique(column))

    def _new(self, name: str, number: int, longest: int, *, unique: bool = False) -> str:
        end = f" {number}" if unique else ""
        return safe_text(self.words(name, number, longest - len(end))[: longest - len(end)] + end)

    def _leaves(self, old: Any, name: str, number: int) -> Any:
        if isinstance(old, str):
            return old if old in self.kept else self._new(name, number, _LONGEST)
        if isinstance(old, list):
            return [self._leaves(one, name, number) for one in old]
        if isinstance(old, dict):
            return {key: self._leaves(one, name, number) for key, one in old.items()}
        return old

    def _said(self, old: Any, schema: Mapping[str, Any], known: Mapping[str, Any], name: str, number: int) -> Any:
        """By the model: only what it takes as free words."""
        if (reference := schema.get("$ref")) is not None:
            schema = known[reference.rpartition("/")[2]]
        for one in schema.get("anyOf", ()):
            if one.get("type") != "null":
                return self._said(old, one, known, name, number)
        if schema.get("type") == "string" and "maxLength" in schema and "pattern" not in schema:
            return old if old in self.kept else self._new(name, number, min(schema["maxLength"], _LONGEST))
        if isinstance(old, list):
            return [self._said(one, schema.get("items", {}), known, name, number) for one in old]
        if isinstance(old, dict):
            fields = schema.get("properties", {})
            rest = schema.get("additionalProperties")
            rest = rest if isinstance(rest, dict) else {}
            return {
                key: self._said(one, fields.get(key, rest), known, f"{name}.{key}", number) for key, one in old.items()
            }
        return old


@cache
def together() -> tuple[str, ...]:
    """All attacks, as many in one text as a field takes."""
    made = [""]
    for one in payloads():
        if len(made[-1]) + min(len(one), _ONE) >= _TOGETHER:
            made.append("")
        made[-1] += f"{one[:_ONE]} "
    return tuple(made)


def in_turn(texts: Sequence[str], turn: int) -> Words:
    """In each field each of the texts in one of as many turns, and in the rows of a list others each; where there is
    no room for a text, in every other row and turn one attack alone."""

    def words(name: str, number: int, longest: int) -> str:
        if longest < _SHORT and (turn + number) % 2:
            return payloads()[(turn + number * len(texts)) % len(payloads())]
        return texts[(turn + number) % len(texts)]

    return words


def text_columns() -> Iterator[Column[Any]]:
    """Every column in which text can stand."""
    for table in _tables():
        for column in table.columns:
            if isinstance(column.type, Characters | Json):
                yield column


def unknown() -> list[str]:
    """Columns of which nothing says whose words stand there."""
    found = []
    for column in text_columns():
        named = (JSON if isinstance(column.type, Json) else FREE).get(column.table.name, "").split()
        ours = OUR_JSON if isinstance(column.type, Json) else OURS
        derived = column.name.endswith(("_id", "_sha256", "_key")) or bool(column.foreign_keys)
        whole = f"{column.table.name}.{column.name}"
        if column.name not in named and not {column.name, whole} & ours and not derived:
            found.append(whole)
    return found


def _tables() -> list[Table]:
    return sorted(Base.metadata.tables.values(), key=lambda one: one.name)


def _unique(column: Column[Any]) -> bool:
    table = column.table
    alone = any(isinstance(one, UniqueConstraint) and column.name in one.columns for one in table.constraints)
    return bool(column.unique) or column.primary_key or alone
