"""What is sent to every route that changes something, so that it does what it is for, and what the log says of it then:
the one table of the authorisation matrix and of the events. A route that is not here fails both tests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from archiver.accounts.choices import state_of
from connectors.facebook import FacebookSettings

#: In place of events: why nothing of it is in the log.
_LOOK = "it remembers up to when somebody looked: no state of the archive; who looked is in the access log"
_OWN_LIST = "a selection is its owner’s own list, of ids, and no part of the archive (decision 18)"
_ASKS = "it only asks the browser for its passkey; what comes of that has its own route"
_BEFORE = "nobody is signed in: what comes of a sign-in that succeeds is tested with a passkey, a code or a provider"
_PLATFORM = "a platform sends to it; what comes of that is tested with the platforms that do"
_PREVIEW = "tested where the platform answers: an account is added by what it says of itself"

_OFFICER = "records_officer"
_NEW = "custodian who has not noted the rules"

Fields = Mapping[str, str | tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Sent:
    """A form. Names in braces stand for what :mod:`tests.people.standing` wrote."""

    fields: Fields = field(default_factory=dict)
    events: tuple[str, ...] = ()
    """Types of the events of it, in order."""
    why: str = ""
    """Why there is none."""
    state: str = ""
    """In which state of its object it is sent, to do what it is for; empty: in its first."""
    of: str = ""
    """What its fields name, where the address names nothing: a set of states."""
    file: tuple[str, bytes] | None = None
    """Sent with it."""
    upload: bool = False
    """It is sent as forms with files are."""
    by: str = ""
    """Who sends it, of those who come to the matrix; empty: somebody who may do everything."""
    json: bool = False
    """It is sent as a program sends it; a list has its values in a tuple."""


_MODERATION = {
    "stage": "done", "done": "deleted", "actor": "unknown", "at": "", "matter": "M-17", "step": "keep",
}  # fmt: skip
_CHALLENGE = {"received_on": "2026-11-02", "individual": "Robin Doe", "disputed": "Not I.", "outcome": "open"}
_OFFICIAL = {"finding": "personal", "reason": "a birthday", "decided_on": "2026-11-10", "decided_by": "Jo", "after": ""}
_DENIED = _CHALLENGE | {"outcome": "denied", "decided_on": "2026-11-10", "reasons": "Nothing shows it.", "why": "read"}
_ACT = "act.recorded"
_REGISTER = ("register.changed", _ACT)

_PROGRAM = "token of the records officer, for all that a token can do"


def _program(
    fields: Fields | None = None, events: tuple[str, ...] = (), why: str = "", of: str = "", state: str = ""
) -> Sent:
    return Sent(fields or {}, events, why, state, of, by=_PROGRAM, json=True)


#: What programs send.
_ACTS: dict[str, Sent] = {
    "POST /api/v1/accounts": _program({"url": "no address", "official": "true"}, why=_PREVIEW),
    "POST /api/v1/accounts/{account_id}/look": _program({"everything": "false"}, ("capture.asked",)),
    "POST /api/v1/accounts/{account_id}/pause": _program({"reason": "a test"}, ("account.paused", _ACT)),
    "POST /api/v1/accounts/{account_id}/resume": _program(why="it is captured; resumed: tests/programs/test_acts.py"),
    "POST /api/v1/accounts/{account_id}/settings": _program({"settings.messages": "false"}, ("account.changed", _ACT)),
    "POST /api/v1/captured/look": _program({"url": "https://facebook.example/{short}"}, of="office", why="as the page"),
    "POST /api/v1/moderation": _program(
        {"account": "{account}", "done": "blocked", "actor": "staff", "matter": "M-17"},
        ("moderation.stated", _ACT),
        of="office",
    ),
    "POST /api/v1/moderation/{moderation_id}": _program(
        {"after": "{after}", "why": "a mistake", "says": ""}, ("moderation.stated", _ACT)
    ),
    "POST /api/v1/records/{record_id}/notes": _program({"text": "a note"}, ("records.marked",)),
    "POST /api/v1/records/{record_id}/notes/{note_id}/remove": _program({}, ("records.marked",)),
    "POST /api/v1/records/{record_id}/tags": _program({"tag": "budget"}, ("records.marked",)),
    "POST /api/v1/records/{record_id}/tags/remove": _program({"tag": "budget"}, why="it is not on it: nothing is done"),
    "POST /api/v1/saved": _program({"name": "theirs", "query": "words"}, (_ACT,)),
    "POST /api/v1/saved/{saved_id}/remove": _program({}, (_ACT,)),
    "POST /api/v1/saved/{saved_id}/seen": _program({"until": "2026-11-30T12:00:00Z"}, why=_LOOK),
    "POST /api/v1/selections": _program({"name": "theirs"}, why=_OWN_LIST),
    "POST /api/v1/selections/{selection_id}/records": _program({"records": ("{record_id}",)}, why=_OWN_LIST),
    "POST /api/v1/selections/{selection_id}/records/remove": _program({"records": ("{record_id}",)}, why=_OWN_LIST),
    "POST /api/v1/selections/{selection_id}/remove": _program({}, why=_OWN_LIST),
}
#: By method and route.
SENT: Mapping[str, Sent] = _ACTS | {
    "POST /accounts/add": Sent(
        {"url": "no address", "platform": "", "official": "yes", "authority": "{short}"},
        why=_PREVIEW,
        of="office",
    ),
    "POST /accounts/{account_id}/reconnect": Sent(why="it mails a link, which takes a platform that is set up"),
    "POST /register/accounts/{listing_id}/reconnect": Sent(why="as from the board"),
    "POST /reconnect": Sent({"owner": "{account}"}, why="as from the board", of="office"),
    "POST /captured": Sent(
        {"q": "https://facebook.example/{short}", "account": "{account}"},
        of="office",
        why="an account is looked at by an address that its platform knows: asked of a hand-over’s accounts below",
    ),
    "POST /changes/seen": Sent({"until": "2026-11-30T12:00:00.000000Z"}, why=_LOOK),
    "POST /connect/{token}": Sent(why="it leads to the platform; what comes of that is told when they are back"),
    "POST /hooks/{platform}/{path}": Sent(why=_PLATFORM),
    "POST /me/address": Sent({"asked": "none", "answer": "yes"}, why="as an administrator’s answer, above"),
    "POST /me/passkeys": Sent(why=_ASKS),
    "POST /me/passkeys/made": Sent(why=_BEFORE),
    "POST /me/passkeys/{passkey_id}/end": Sent({}, ("passkey.ended",), by=_OFFICER),
    "POST /me/sessions/end": Sent({"session": ""}, ("session.ended",)),
    "POST /me/tokens": Sent({"name": "mine", "scope": "records.search", "days": "3"}, ("token.made",)),
    "POST /me/tokens/{token_id}/end": Sent({}, ("token.ended",), by=_OFFICER),
    "POST /moderation": Sent(_MODERATION | {"of": "{record_id},state,"}, ("moderation.stated", _ACT), of="chosen"),
    "POST /moderation/{moderation_id}": Sent(
        _MODERATION | {"after": "{after}", "matter": "M-18", "why": "looked again"}, ("moderation.stated", _ACT)
    ),
    "POST /people": Sent({"name": "New Person", "mail": "new@city.example"}, ("person.added", _ACT)),
    "POST /people/{person_id}": Sent(
        {"name": "Another Name", "mail": "{mail}", "trained_on": "2026-11-01"}, ("person.changed", _ACT)
    ),
    "POST /people/{person_id}/address": Sent(
        {"asked": "{asked}", "answer": "yes"},
        why="nobody here is an administrator for a week; of who is: tests/people/test_binding.py",
    ),
    "POST /people/{person_id}/end": Sent({"sure": "yes"}, ("person.ended", "session.ended", _ACT)),
    "POST /people/{person_id}/roles": Sent(
        {"role": "auditor", "scope": "everything", "reason": "a test"}, ("role.granted", "session.ended", _ACT)
    ),
    "POST /people/{person_id}/roles/{grant_id}/revoke": Sent(
        {"reason": "a test"}, ("role.revoked", "session.ended", _ACT)
    ),
    "POST /people/{person_id}/sessions/end": Sent({}, ("session.ended",)),
    "POST /accounts/{account_id}/state": Sent(
        {"do": "pause", "reason": "a test", "sure": "yes"}, ("account.paused", _ACT), state="of the police"
    ),
    "POST /accounts/{account_id}/settings": Sent(
        {"set-messages": "no", "sure": "yes", "after": state_of(FacebookSettings().model_dump(mode="json"))},
        ("account.changed", _ACT),
        state="of the police",
    ),
    "POST /accounts/{account_id}/close": Sent(
        {
            "do": "close",
            "closed_on": "2026-11-01",
            "became": "deleted",
            "reason": "a test",
            "no_look": "gone",
            "sure": "yes",
        },
        ("account.closed", _ACT, "connection.withdrawn", *_REGISTER),
        state="of the police",
    ),
    "POST /accounts/{account_id}/links/{connection_id}/withdraw": Sent(
        {}, why="no link of the scene is an account’s: tests/connecting/test_application_page.py"
    ),
    "POST /platforms/{platform}/application": Sent(
        {"client": "city", "secret": "s3cret", "sure": "yes"}, why="tests/connecting/test_application_page.py"
    ),
    "POST /people/reserved/{account_id}": Sent({"do": "keep"}, ("account.reserved", _ACT), state="of the police"),
    "POST /accounts/{account_id}/deposit": Sent(
        {"about": "moderation", "on": "2026-11-01", "reason": "monthly", "source": "picture"},
        why="a file is stored, which is not undone here: tests/deposits/test_deposit_page.py",
    ),
    "POST /records/{record_id}/evidence": Sent(
        {"name": "Jane Doe"}, why="nothing of the scene stands in a store: tests/release/test_handing_out.py"
    ),
    "POST /accounts/{account_id}/official": Sent(_OFFICIAL, ("official.decided", _ACT)),
    "POST /records/{record_id}/official": Sent(_OFFICIAL, ("official.decided", _ACT)),
    "POST /records/{record_id}/challenges": Sent(_CHALLENGE, ("challenge.stated", _ACT)),
    "POST /records/{record_id}/challenges/{challenge_id}": Sent(_DENIED, ("challenge.stated", _ACT)),
    "POST /records/{record_id}/notes": Sent({"text": "a note"}, ("records.marked",)),
    "POST /records/{record_id}/notes/{note_id}/remove": Sent({}, ("records.marked",), by=_OFFICER),
    "POST /records/{record_id}/tags": Sent({"tag": "budget"}, ("records.marked",)),
    "POST /search/tag": Sent(
        {"record": "{record_id}", "tag": "budget", "back": "?q=x"}, ("records.marked",), of="chosen"
    ),
    "POST /search/select": Sent({"record": "{record_id}", "selection": "mine"}, why=_OWN_LIST, of="chosen"),
    "POST /register/accounts/{listing_id}/owner": Sent(
        {"owner": "Ada Brown", "position": "Head", "mail": "ada@city.example", "why": "she said so"}, _REGISTER
    ),
    "POST /register/page-roles/{account_id}": Sent(
        {"on": "2026-11-01", "reviewer": "Cleo", "findings": "as it should be", "step": "keep"},
        ("page.roles_reviewed", _ACT),
    ),
    "POST /register/exceptions/{thing_id}": Sent(
        {
            "rule": "series",
            "reason": "is being decided",
            "approver": "Cleo",
            "since": "2026-11-30",
            "step": "keep",
            "authority": "{authority}",
            "listing": "{listing}",
            "after": "{after}",
        },
        _REGISTER,
        upload=True,
        state="new, of the police",
    ),
    "POST /register/say/{thing}/{thing_id}": Sent(
        {
            "name": "Another & more",
            "short": "another",
            "kind": "agency",
            "person": "Ada",
            "role": "designee",
            "step": "keep",
            "authority": "{authority}",
            "listing": "{listing}",
            "after": "{after}",
        },
        _REGISTER,
        upload=True,
        state="new authority",
    ),
    "POST /register/handovers/new": Sent(
        {"authority": "{authority}", "outgoing": "A", "incoming": "B", "cause": "term"},
        _REGISTER,
        of="office",
        state="of the parks, with no account",
    ),
    "POST /register/handovers/{handover_id}/freeze": Sent(
        {}, (*_REGISTER, "capture.asked"), state="of the police, begun"
    ),
    "POST /register/handovers/{handover_id}/look": Sent({}, ("capture.asked",), state="of the police, frozen"),
    "POST /register/handovers/{handover_id}/sweep": Sent(
        {"because-{listing}": "a test", "because-{other}": "a test"}, _REGISTER, state="of the police, frozen"
    ),
    "POST /register/handovers/{handover_id}/transfer": Sent(
        {"incoming": "B", "owner": "B", "day": "2026-11-30", "tokens": "keep", "why": "a test", "step": "do"},
        _REGISTER * 5,
        state="of the police, swept",
    ),
    "POST /register/handovers/{handover_id}/inventory": Sent({}, _REGISTER * 3, state="of the police, transferred"),
    "POST /register/handovers/{handover_id}/receipt": Sent(
        {"received_by": "B", "received_on": "2026-11-30", "sure": "yes"},
        _REGISTER * 2,
        file=("r.pdf", b"%PDF"),
        upload=True,
        state="of the police, inventoried",
    ),
    "POST /register/handovers/{handover_id}/file": Sent(
        {"filed_with": "Clerk", "filed_on": "2026-11-30", "sure": "yes"}, _REGISTER, state="of the police, receipted"
    ),
    "POST /register/handovers/{handover_id}/withdraw": Sent({"why": "a test"}, _REGISTER, state="of the police, begun"),
    "POST /register/load": Sent(
        {"step": "load", "why": "a test"},
        _REGISTER,
        upload=True,
        file=("list.csv", b"Address,Authority,Platform\r\nhttps://social.example/@desk,Police,other\r\n"),
    ),
    "POST /rules": Sent({}, ("person.changed", _ACT), by=_NEW),
    "POST /saved": Sent({"name": "mine", "query": "words"}, (_ACT,)),
    "POST /saved/{saved_id}/remove": Sent({}, (_ACT,), by=_OFFICER),
    "POST /saved/{saved_id}/seen": Sent({"until": "2026-11-30T12:00:00.000000Z"}, why=_LOOK, by=_OFFICER),
    "POST /selections/{selection_id}/leave-out": Sent({"of": "{record_id}"}, why=_OWN_LIST, by=_OFFICER),
    "POST /selections/{selection_id}/remove": Sent({}, why=_OWN_LIST, by=_OFFICER),
    "POST /sign-in": Sent(why=_BEFORE),
    "POST /sign-in/again": Sent(why=_BEFORE),
    "POST /sign-in/again/passkey": Sent(why=_ASKS),
    "POST /sign-in/again/passkey/used": Sent(why=_BEFORE),
    "POST /sign-in/openid": Sent(why=_BEFORE),
    "POST /sign-in/passkey": Sent(why=_ASKS),
    "POST /sign-in/passkey/used": Sent(why=_BEFORE),
    "POST /sign-out": Sent({}, ("session.ended",)),
    "POST /welcome/{token}": Sent(why=_BEFORE),
}
#: Which set of states holds what an address is about, where the name does not say it.
_SETS = {
    "/welcome/{token}": "welcome",
    "/hooks/{platform}/{path}": "hook",
}


def set_of(method: str, route: str, names: list[str]) -> str:
    """The name of the states that the object of a route can be in; empty: it is about none."""
    if not names:
        return SENT[f"{method} {route}"].of if method != "GET" else ""
    if route in _SETS:
        return _SETS[route]
    changed = names[0] == "record_id" and (method != "GET" or "/challenges" in route)
    return "chosen" if changed else names[0]


def asked(method: str, route: str, state: str) -> bool:
    """Whether a route is asked about an object in a state: of the steps of a hand-over about those that decide."""
    if "handover_id" not in route:
        return True
    own = SENT[f"{method} {route}"].state if method != "GET" else "of the police, begun"
    return state in (own, "none") or state.endswith(("inventoried", "filed"))


def form_of(sent: Sent, values: Mapping[str, str]) -> dict[str, str]:
    """The fields with what stands for their names."""
    known = _Known(values)
    return {name.format_map(known): str(value).format_map(known) for name, value in sent.fields.items()}


def body_of(sent: Sent, values: Mapping[str, str]) -> dict[str, Any]:
    """The same as a program sends it: *true* and *false* are that, and nothing is null; behind a dot stands what is in
    an object."""
    known, plain = _Known(values), {"true": True, "false": False, "": None}
    made: dict[str, Any] = {}
    for name, value in sent.fields.items():
        some = [one.format_map(known) for one in ([value] if isinstance(value, str) else value)]
        within, _, key = name.rpartition(".")
        inside = made.setdefault(within, {}) if within else made
        inside[key] = plain.get(some[0], some[0]) if isinstance(value, str) else some
    return made


class _Known(dict[str, str]):
    def __missing__(self, name: str) -> str:
        return ""
