"""Kinds of acts, and what each says (``docs/acts.md``). Kinds and fields are never changed or taken away: what is
new gets another version or another kind. Secrets are in none of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated, Any, Final

from pydantic import Field, ValidationError

from archiver.evidence import challenge_facts as challenges
from archiver.evidence import matter_facts as matters
from archiver.evidence import page_role_facts as page_roles
from archiver.evidence import register_facts as register
from archiver.evidence.desk_facts import SearchSaved
from archiver.evidence.official_facts import OfficialDecided
from archiver.evidence.register_facts import Facts, Time

#: Longest text of an act, in characters.
_TEXT = 100_000


class ActKind(StrEnum):
    """What can be done that only the database knows."""

    ACCOUNT_REGISTERED = "account.registered"
    ACCOUNT_STATE_SET = "account.state_set"
    ACCOUNT_CLOSED = "account.closed"
    SEARCH_FROZEN = "search.frozen"
    PERSON_STATED = "person.stated"
    ROLE_GRANTED = "role.granted"
    ROLE_REVOKED = "role.revoked"
    ACCOUNT_RESERVED = "account.reserved"
    IMPORT_BEGUN = "import.begun"
    ACTS_RESTATED = "acts.restated"
    ACCOUNT_ASSIGNED = "account.assigned"
    AUTHORITY_STATED = "authority.stated"
    DEPARTMENT_STATED = "department.stated"
    CUSTODIANSHIP_STATED = "custodianship.stated"
    LISTING_STATED = "listing.stated"
    ATTESTATION_STATED = "attestation.stated"
    EXEMPTION_STATED = "exemption.stated"
    CANDIDACY_STATED = "candidacy.stated"
    NOTICE_STATED = "notice.stated"
    HANDOVER_STATED = "handover.stated"
    DOCUMENT_KEPT = "document.kept"
    MODERATION_STATED = "moderation.stated"
    SEARCH_SAVED = "search.saved"
    CHALLENGE_STATED = "challenge.stated"
    ROLES_REVIEWED = "page.roles_reviewed"
    OFFICIAL_DECIDED = "official.decided"


Text = Annotated[str, Field(max_length=_TEXT)]


class FirstAccountRegistered(Facts):
    """As :class:`AccountRegistered`, before it was written down who added it."""

    platform: Text
    service: Text
    platform_id: Text
    handle: Text
    name: Text
    url: Text
    authority: Text
    provisional: bool
    settings: dict[str, Any]
    added_at: Time
    state: Text
    state_since: Time
    state_reason: Text | None


class AccountRegistered(FirstAccountRegistered):
    """An account of the register, whole: when it was added, and where all is said anew. ``added_by``: who, as entries
    of the log name them; ``added_user``: the machine's user, on the command line; ``added_why``: in their words."""

    added_by: Text | None
    added_user: Text | None
    added_why: Text | None


class AccountStateSet(Facts):
    """A person paused or resumed the capture of an account; the act's time is since when."""

    state: Text
    reason: Text | None


class AccountClosed(Facts):
    """The City ended its use of an account: it is not captured from now on, and what is stored stays. A later
    ``account.state_set`` takes it back. Exactly one of ``last_look`` and ``no_look`` is said."""

    closed_on: Text
    """Last day on which the City used it, by its calendar, ``YYYY-MM-DD``."""
    became: Text
    """What became of it on its platform: ``deleted``, ``left`` (it stands there unused), ``given`` (somebody else has
    it)."""
    reason: Text
    last_look: Text | None
    """Id of the run that looked at all of it, on that day or later."""
    no_look: Text | None
    """Why there was none."""
    by: Text | None


class SearchFrozen(Facts):
    """A search was frozen."""

    statement: dict[str, Any]


class PersonStated(Facts):
    """All that is kept of a person, from now on: when they were added, and whenever any of it changes. How they sign in
    is not part of it."""

    name: Text
    mail: Text | None
    issuer: Text | None
    subject: Text | None
    added_at: Time
    acknowledged_at: Time | None
    trained_on: Text | None
    ended_at: Time | None
    by: Text | None


class RoleGranted(Facts):
    """A person was given a role. ``by``: on the command line, the machine's user who said so."""

    person: Text
    role: Text
    scope: Text
    scope_id: Text
    access: list[Text]
    stand_in: bool
    from_at: Time
    ends_at: Time | None
    reason: Text | None
    by: Text | None


class RoleRevoked(Facts):
    """A role was taken back; the act's time is since when."""

    reason: Text | None
    by: Text | None


class AccountReserved(Facts):
    """Which access classes whoever looks at an account needs besides, from now on."""

    access: list[Text]
    by: Text | None


class ImportBegun(Facts):
    """Somebody had an export of an account brought in: what it is, who gave it, who brought it and why."""

    account: Text
    format: Text
    name: Text
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
    size: Annotated[int, Field(ge=0, lt=2**53)]
    source: Text
    reason: Text
    brought_by: Text
    confirmed: Text | None
    made_at: Time | None
    at: Time


class ActsRestated(Facts):
    """The key of all acts up to a number is lost; the acts that follow say anew what still holds of them."""

    through: Annotated[int, Field(ge=0, lt=2**53)]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of act: whom it is about, in which version it is written, what it says."""

    subject: str
    version: int
    facts: type[Facts]
    earlier: Mapping[int, type[Facts]] = field(default_factory=dict)
    """What versions before this one say: they are read for good, and not written any more."""

    def facts_of(self, version: int) -> type[Facts] | None:
        """What a version says; None: there is no such version."""
        return self.facts if version == self.version else self.earlier.get(version)


KINDS: Final[Mapping[str, Kind]] = {
    ActKind.ACCOUNT_REGISTERED: Kind("account", 2, AccountRegistered, {1: FirstAccountRegistered}),
    ActKind.ACCOUNT_STATE_SET: Kind("account", 1, AccountStateSet),
    ActKind.ACCOUNT_CLOSED: Kind("account", 1, AccountClosed),
    ActKind.SEARCH_FROZEN: Kind("search", 1, SearchFrozen),
    ActKind.PERSON_STATED: Kind("person", 1, PersonStated),
    ActKind.ROLE_GRANTED: Kind("grant", 1, RoleGranted),
    ActKind.ROLE_REVOKED: Kind("grant", 1, RoleRevoked),
    ActKind.ACCOUNT_RESERVED: Kind("account", 1, AccountReserved),
    ActKind.IMPORT_BEGUN: Kind("import", 1, ImportBegun),
    ActKind.ACTS_RESTATED: Kind("archive", 1, ActsRestated),
    ActKind.ACCOUNT_ASSIGNED: Kind("account", 1, register.AccountAssigned),
    ActKind.AUTHORITY_STATED: Kind("authority", 2, register.AuthorityStated, {1: register.FirstAuthorityStated}),
    ActKind.DEPARTMENT_STATED: Kind("department", 1, register.DepartmentStated),
    ActKind.CUSTODIANSHIP_STATED: Kind(
        "custodianship",
        3,
        register.CustodianshipStated,
        {1: register.FirstCustodianshipStated, 2: register.SecondCustodianshipStated},
    ),
    ActKind.LISTING_STATED: Kind("listing", 2, register.ListingStated, {1: register.FirstListingStated}),
    ActKind.ATTESTATION_STATED: Kind("attestation", 1, register.AttestationStated),
    ActKind.EXEMPTION_STATED: Kind("exemption", 1, register.ExemptionStated),
    ActKind.CANDIDACY_STATED: Kind("candidacy", 1, register.CandidacyStated),
    ActKind.NOTICE_STATED: Kind("notice", 1, register.NoticeStated),
    ActKind.HANDOVER_STATED: Kind("handover", 1, register.HandoverStated),
    ActKind.DOCUMENT_KEPT: Kind("document", 1, register.DocumentKept),
    ActKind.MODERATION_STATED: Kind("moderation", 1, matters.ModerationStated),
    ActKind.SEARCH_SAVED: Kind("saved_search", 1, SearchSaved),
    ActKind.CHALLENGE_STATED: Kind("challenge", 1, challenges.ChallengeStated),
    ActKind.ROLES_REVIEWED: Kind("role_review", 1, page_roles.RoleReviewStated),
    ActKind.OFFICIAL_DECIDED: Kind("official_decision", 1, OfficialDecided),
}


def check_facts(kind: str, version: int, subject_kind: str, facts: Mapping[str, Any]) -> None:
    """Check that this version of the program knows such an act and that it may say this.

    Raises:
        ValueError: otherwise. The message does not repeat what was said.
    """
    known = KINDS.get(kind)
    says = None if known is None else known.facts_of(version)
    if known is None or says is None:
        raise ValueError(f"this version knows no act {kind!r} of version {version}")
    if known.subject != subject_kind:
        raise ValueError(f"an act {kind} is about a subject of kind {known.subject}, not {subject_kind!r}")
    try:
        says.model_validate(facts)
    except ValidationError as error:
        wrong = {".".join(map(str, one["loc"])): one["type"] for one in error.errors(include_input=False)}
        raise ValueError(f"an act {kind} cannot say this: {wrong}") from None
