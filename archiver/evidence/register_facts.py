"""What acts on the register say (``docs/register.md``). Fields are never changed or taken away: what is new gets
another version of its act.

The register is a list of statements. Each says all of one thing (an authority, an account …), from a day on; what was
said before stays. Days are calendar days of the city, ``YYYY-MM-DD``.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from archiver.errors import WrongField

#: Longest document, bytes: a scanned letter, not a film.
LARGEST_DOCUMENT = 8 * 2**20
_BASE64 = -(-LARGEST_DOCUMENT // 3) * 4


#: A mail address as the register takes it: in ASCII, without quotes and comments (RFC 5321 §4.1.2, a dot-string at a
#: domain), so that it can stand in no header as anything else.
MAIL = (
    "^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]{1,64}(\\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]{1,64})*"
    "@[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)+$"
)
MAIL_LENGTH = 254


class Facts(BaseModel):
    """What an act says. Every field is always there."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


def _is_day(text: str) -> str:
    if date.fromisoformat(text).isoformat() != text:
        raise ValueError("not a day as YYYY-MM-DD")
    return text


def _id(prefix: str) -> Any:
    return Field(pattern=f"^{prefix}_[a-z2-7]{{32}}$")


_F = TypeVar("_F", bound=Facts)


def shaped(kind: type[_F], says: Mapping[str, Any], hints: Mapping[str, str] = MappingProxyType({})) -> _F:
    """What is said, checked for its form. ``hints``: what a field takes, by its name, where its pattern tells nobody.

    Raises:
        WrongField: a field is missing, or holds what it cannot.
    """
    try:
        return kind.model_validate(says)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        name = ".".join(str(part) for part in first["loc"])
        why = hints.get(name, first["msg"])
        raise WrongField(name, f"cannot be this: {why}") from None


Line = Annotated[str, Field(max_length=2000)]
Words = Annotated[str, Field(max_length=20_000)]
Code = Annotated[str, Field(pattern="^[a-z][a-z0-9_-]{0,62}$")]
Short = Annotated[str, Field(pattern="^[a-z0-9][a-z0-9-]{0,62}$")]
Mail = Annotated[str, Field(max_length=MAIL_LENGTH, pattern=MAIL)]
Day = Annotated[str, AfterValidator(_is_day)]
Time = Annotated[str, Field(pattern="^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{6}Z$")]
Digest = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
AuthorityId = Annotated[str, _id("au")]
DepartmentId = Annotated[str, _id("dp")]
CustodianshipId = Annotated[str, _id("cu")]
ListingId = Annotated[str, _id("li")]
AccountId = Annotated[str, _id("ac")]
RunId = Annotated[str, _id("rn")]
DocumentId = Annotated[str, _id("do")]
Documents = Annotated[list[DocumentId], Field(max_length=100)]


class AuthorityKind(StrEnum):
    """How an authority comes by its legal custodian (Wis. Stat. 19.33)."""

    ELECTED = "elected"
    AGENCY = "agency"
    COMMITTEE = "committee"


class Role(StrEnum):
    """As what a person is custodian of something (Wis. Stat. 19.33)."""

    HOLDER = "holder"
    """The elected official in office; of a committee, who chairs it."""
    DESIGNEE = "designee"
    """Of the holder's staff, designated to act as legal custodian."""
    LEGAL_CUSTODIAN = "legal_custodian"
    """A position designated in writing."""
    HIGHEST_OFFICER = "highest_officer"
    CHIEF_ADMINISTRATOR = "chief_administrator"
    DEPUTY = "deputy"


class Capacity(StrEnum):
    """As what an account is used (law R5)."""

    OFFICIAL = "official"
    MIXED = "mixed"
    PERSONAL = "personal"
    CAMPAIGN = "campaign"
    UNKNOWN = "unknown"


class Capturing(StrEnum):
    """How what an account says gets into the archive."""

    SERVICE = "service"
    MANUAL = "manual"
    NONE = "none"


class FirstAuthoritySays(Facts):
    """An authority as the first version of the act says it."""

    short: Short
    name: Line
    kind: Code
    clerk: bool
    since: Day | None
    until: Day | None
    note: Words | None


class AuthoritySays(FirstAuthoritySays):
    """An authority (Wis. Stat. 19.32(1)): an elected official's office, an agency, a committee. What was said in the
    first version of the act says nothing of what comes last here."""

    merged_into: AuthorityId | None = None
    """Which has its records after its last day."""
    appointed_by: AuthorityId | None = None
    """Which appoints it or its members, and may designate its legal custodian (19.33(5))."""
    attached_to: AuthorityId | None = None
    """To which it is attached for administrative purposes, and which designates its legal custodian (19.33(5))."""


class DepartmentSays(Facts):
    """A part of an authority."""

    authority: AuthorityId
    short: Short
    name: Line
    since: Day | None
    until: Day | None


class FirstCustodianshipSays(Facts):
    """A person in a role as the first version of the act says it."""

    authority: AuthorityId
    department: DepartmentId | None
    listing: ListingId | None
    role: Code
    person: Line
    position: Line | None
    contact: Line | None
    since: Day | None
    until: Day | None
    ended: Code | None
    documents: Documents


class SecondCustodianshipSays(FirstCustodianshipSays):
    """The same as the second version says it."""

    designated_by: AuthorityId | None = None
    """Another authority that designated them (19.33(5)); what was said in the first version says nothing of it."""


class CustodianshipSays(SecondCustodianshipSays):
    """A person in a role, for an authority, one of its departments or one of its accounts. ``until``: the last day."""

    trained_on: Day | None = None
    """When they were last trained in handling personal information (Wis. Stat. 19.62 to 19.80, law R42); what was said
    in earlier versions says nothing of it."""


class FirstListingSays(Facts):
    """An account as the first version of the act lists it."""

    authority: AuthorityId | None
    department: DepartmentId | None
    platform: Code
    service: Line
    platform_id: Line | None
    account: AccountId | None
    url: Line
    handle: Line
    name: Line
    capacity: Code
    decision: Words | None
    owner: Line | None
    owner_position: Line | None
    owner_until: Day | None
    administrators: Annotated[list[Line], Field(max_length=200)]
    purpose: Words | None
    operated_by: Line | None
    opened: Day | None
    closed: Day | None
    capture: Code
    not_captured: Words | None
    series: Line | None
    note: Words | None
    documents: Documents


class ListingSays(FirstListingSays):
    """An account as the register lists it, captured or not (law R12)."""

    owner_mail: Mail | None = None
    """Where its owner is written to. What was said in the first version of the act says nothing of it."""


class AttestationSays(Facts):
    """Somebody signed that the City controls an account (law R6)."""

    listing: ListingId
    person: Line
    position: Line | None
    on: Day
    until: Day | None
    documents: Documents


class ExemptionSays(Facts):
    """An exception granted by the chief information officer (law R14)."""

    listing: ListingId | None
    authority: AuthorityId | None
    rule: Line
    reason: Words
    approver: Line
    since: Day | None
    until: Day | None
    documents: Documents


class CandidacySays(Facts):
    """An elected official is a candidate (law R7). ``since``: first day for circulating nomination papers."""

    authority: AuthorityId
    person: Line
    office: Line
    since: Day
    until: Day
    note: Words | None


class NoticeSays(Facts):
    """The public notice of an authority (law R62, Wis. Stat. 19.34(1)), beside what the register says of its custodian.
    ``offices``: positions of it that are local public offices. ``put_up_on``, ``put_up_at``: since when and where it is
    displayed; ``taken_down_on``: last day of that."""

    authority: AuthorityId
    organization: Words
    places: Words
    methods: Words
    costs: Words
    offices: Words | None
    put_up_on: Day | None
    put_up_at: Words | None
    taken_down_on: Day | None


class HandoverSays(Facts):
    """A hand-over to a successor, as far as it has come (law R11)."""

    authority: AuthorityId
    step: Code
    cause: Code
    outgoing: Line
    incoming: Line | None
    listings: Annotated[list[ListingId], Field(max_length=10_000)]
    frozen_at: Time | None
    sweeps: Annotated[dict[AccountId, RunId], Field(max_length=10_000)]
    left_out: Annotated[dict[ListingId, Words], Field(max_length=10_000)]
    tokens: Annotated[dict[AccountId, Code], Field(max_length=10_000)]
    inventory: DocumentId | None
    inventory_pdf: DocumentId | None
    receipt: Documents
    received_by: Line | None
    received_on: Day | None
    filed_on: Day | None
    filed_with: Line | None


class Stated(Facts):
    """One statement. ``entered``: when it was first made, where it is only said anew."""

    effective: Day
    by: Line
    why: Words | None
    void: bool
    entered: Time | None
    says: Any


class FirstAuthorityStated(Stated):
    """The same in the first version."""

    says: FirstAuthoritySays


class AuthorityStated(Stated):
    """An authority is this from a day on."""

    says: AuthoritySays


class DepartmentStated(Stated):
    """A department is this from a day on."""

    says: DepartmentSays


class FirstCustodianshipStated(Stated):
    """The same in the first version."""

    says: FirstCustodianshipSays


class SecondCustodianshipStated(Stated):
    """The same in the second version."""

    says: SecondCustodianshipSays


class CustodianshipStated(Stated):
    """Who is custodian of what."""

    says: CustodianshipSays


class FirstListingStated(Stated):
    """The same in the first version."""

    says: FirstListingSays


class ListingStated(Stated):
    """An account is listed like this from a day on."""

    says: ListingSays


class AttestationStated(Stated):
    """Control of an account was attested."""

    says: AttestationSays


class ExemptionStated(Stated):
    """An exception was granted."""

    says: ExemptionSays


class CandidacyStated(Stated):
    """A candidacy."""

    says: CandidacySays


class NoticeStated(Stated):
    """The public notice of an authority."""

    says: NoticeSays


class HandoverStated(Stated):
    """A hand-over came so far."""

    says: HandoverSays


class DocumentKept(Facts):
    """A document was taken in, whole, in base64 (RFC 4648, with padding)."""

    by: Line
    entered: Time | None
    name: Line
    type: Line
    size: Annotated[int, Field(ge=1, le=LARGEST_DOCUMENT)]
    sha256: Digest
    content: Annotated[str, Field(max_length=_BASE64)]


class AccountAssigned(Facts):
    """What runs capture of an account that begin after the act's time is this authority's; one under way ends as it
    began."""

    authority: Short
