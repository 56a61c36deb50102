"""What the authorisation matrix asks about: for every name in an address, the states that its object can be in, each
with the ids that an address and a form of it take. What is somebody's own is the records officer's: in a row of the
matrix they are let in, and everybody else is a stranger to it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from sqlalchemy import insert, select, update

from archiver import ids
from archiver.accounts.models import ConnectLink
from archiver.accounts.register.statements import Thing
from archiver.archive import Archive
from archiver.capture.models import Run
from archiver.challenges import service as challenges
from archiver.database import Base
from archiver.desk import marks, saved, selections
from archiver.desk.mark_models import SelectionStatement
from archiver.evidence.challenge_facts import ChallengeSays
from archiver.evidence.register_facts import HandoverSays, shaped
from archiver.moderation import service as moderation
from archiver.moderation import statements
from archiver.people import links, service, sessions
from archiver.people.acting import SERVICE, of_machine, of_person
from archiver.people.actions import Action
from archiver.people.models import AddressChange, Passkey, SignInLink
from archiver.people.roles import Access, Role
from archiver.people.service import NewGrant
from archiver.search.source import read_documents
from archiver.search.statements import freeze
from archiver.viewing import Viewer
from tests.moderation import written
from tests.moderation.saying import says as moderated
from tests.people import beside
from tests.people.beside import WORDS, authority_of, handover_of, imported
from tests.people.scene import KINDS, OFFICES, account_of, record_of
from tests.register.town import Town

States = dict[str, dict[str, dict[str, str]]]
#: Steps in which a hand-over of the police stands, beside the one whose inventory is taken.
STEPS = ("begun", "frozen", "swept", "transferred", "receipted", "filed", "withdrawn")
_CHOSEN = (("police", "public"), ("police", "private"), ("police", "message"), ("library", "public"))


def stand(archive: Archive, listed: Mapping[str, tuple[str, str]], people: Mapping[str, str]) -> States:
    """Write what is missing, and say what stands for what. ``listed``: the register's listings, by office; ``people``:
    who comes, by name."""
    officer = people[Role.RECORDS_OFFICER.value]
    return {
        "": {"": {"account": account_of("police"), "authority": authority_of("police")}},
        "account_id": _accounts(archive),
        "run_id": _runs(archive),
        "record_id": _records(),
        "chosen": _chosen(archive, listed, officer),
        "office": _offices(archive, listed),
        "platform": {"known": {"platform": "mastodon"}, "none": {"platform": "nowhere"}},
        "authority_id": {
            **{f"of the {office}": {"authority_id": authority_of(office)} for office in OFFICES},
            "none": {"authority_id": "au_none"},
        },
        "form": {"known": {"form": "csv"}},
        "listing_id": _listings(listed),
        "document_id": _documents(archive),
        **_register(archive, listed),
        "handover_id": _handovers(archive, listed),
        "person_id": _people(archive, people),
        "moderation_id": _moderation(archive),
        **_own(archive, officer),
        **_by_link(archive),
        "exchange_id": {
            "no picture, of the police": {"exchange_id": "ex_police_public"},
            "no picture, of the library": {"exchange_id": "ex_library_public"},
            "none": {"exchange_id": "ex_none"},
        },
    }


def _accounts(archive: Archive) -> dict[str, dict[str, str]]:
    patrons = ids.account_id("facebook", "https://facebook.example", "patrons")
    with archive.database.write() as connection:
        table = Base.metadata.tables["account"]
        row = dict(connection.execute(select(table).where(table.c.id == account_of("library"))).one()._mapping)
        row |= {"id": patrons, "platform_id": "patrons", "handle": "@patrons", "name": "Patrons"}
        connection.execute(insert(table).values(**row))
    service.reserve(archive, SERVICE, patrons, [Access.LIBRARY_PATRON])
    known = {f"of the {office}": account_of(office) for office in OFFICES}
    known |= {"of the library, for its patrons": patrons, "none": "ac_none"}
    return {state: {"account_id": one} for state, one in known.items()}


def _runs(archive: Archive) -> dict[str, dict[str, str]]:
    with archive.database.write() as connection:
        connection.execute(
            insert(Run).values(id="rn_police_now", account_id=account_of("police"), number=2, sweep="new",
                               trigger="schedule", started_at=archive.clock.now(), settings_hash="0",
                               connector_version="1", counts={}, bookmark_before={}, bookmark_after={}, drift=[])
        )  # fmt: skip
    known = {f"of the {office}": f"rn_{office}" for office in OFFICES}
    known |= {"of the police, under way": "rn_police_now", "none": "rn_none"}
    found = {state: {"run_id": one, "exchange_id": "ex_police_public"} for state, one in known.items()}
    found["of the library"]["exchange_id"] = "ex_library_public"
    private = {"run_id": "rn_police", "exchange_id": "ex_police_private"}
    return found | {"of the police, with what is private": private}


def _records() -> dict[str, dict[str, str]]:
    """For what is read: each kind of access, with an exchange and a file that are the record's own."""
    found: dict[str, dict[str, str]] = {}
    for office in OFFICES:
        for kind in KINDS if office == "police" else ("public", "message"):
            access = "private" if kind in ("private", "message") else "public"
            found[f"of the {office}, {kind}"] = {
                "record_id": record_of(office, kind),
                "exchange_id": f"ex_{office}_{access}",
                "medium_id": f"md_{office}_{kind}",
            }
    for which in beside.ONLY:
        access = "public" if which == "imported" else "private"
        found[f"of the police, {which}, only exported"] = {
            "record_id": imported("police", which),
            "exchange_id": f"ex_police_export_{access}",
            "medium_id": "md_none",
        }
    foreign = {"exchange_id": "ex_police_private", "medium_id": "md_police_private"}
    found["of the police, public, with what is a private one’s"] = {
        "record_id": record_of("police", "public")
    } | foreign
    found["none"] = {"record_id": "rc_none", "exchange_id": "ex_police_public", "medium_id": "md_police_public"}
    return found


def _chosen(archive: Archive, listed: Mapping[str, tuple[str, str]], officer: str) -> dict[str, dict[str, str]]:
    """For what is changed: records with a challenge and a note of the records officer."""
    found: dict[str, dict[str, str]] = {}
    for office, end in _CHOSEN:
        kind, access = ("message", "private") if end == "message" else ("comment", end)
        with archive.database.write() as connection:
            record = written.record(connection, office, f"chosen {end}", kind=kind, access=access)
            archive.search.put(connection, list(read_documents(connection, [record])))
        note = "no_none" if end == "message" else marks.note(archive, of_person(officer), record, "a note")
        challenge = challenges.state(archive, of_machine(), shaped(ChallengeSays, {
            "account": account_of(office), "record": record, "received_on": "2026-11-02", "individual": "Robin Doe",
            "authorized": None, "disputed": "I was not there.", "outcome": "open", "decided_on": None,
            "decided_by": None, "correction": None, "reasons": None, "statement_on": None, "statement": None,
        }))  # fmt: skip
        found[f"of the {office}, {end}"] = {
            "record_id": record, "note_id": note, "challenge_id": challenge, **_office(office, listed),
        }  # fmt: skip
    theirs = {name: found["of the police, private"][name] for name in ("note_id", "challenge_id")}
    found["of the police, public, with what is a private one’s"] = found["of the police, public"] | theirs
    none = {"record_id": ids.record_id(account_of("police"), "none"), "note_id": "no_none", "challenge_id": "ch_none"}
    found["none"] = found["of the police, public"] | none
    return found


def _office(office: str, listed: Mapping[str, tuple[str, str]]) -> dict[str, str]:
    captured, other = listed[office]
    place = {"account": account_of(office), "authority": authority_of(office), "short": office}
    return place | {"listing": captured, "other": other}


def _offices(archive: Archive, listed: Mapping[str, tuple[str, str]]) -> dict[str, dict[str, str]]:
    """For forms that name an account or an authority."""
    none = {"account": "ac_none", "authority": "au_none", "short": "none", "listing": "li_none", "other": "li_none"}
    parks = none | {"authority": Town(archive).authority("parks"), "short": "parks"}
    found = {f"of the {office}": _office(office, listed) for office in OFFICES}
    return found | {"of the parks, with no account": parks, "none": none}


def _listings(listed: Mapping[str, tuple[str, str]]) -> dict[str, dict[str, str]]:
    found = {
        f"of the {office}, {said}": {"listing_id": one}
        for office in OFFICES
        for said, one in zip(("captured", "not captured"), listed[office], strict=True)
    }
    return found | {"none": {"listing_id": "li_none"}}


def _documents(archive: Archive) -> dict[str, dict[str, str]]:
    known = {f"of the {office}": one for office, one in beside.documents(archive).items()} | {"none": "do_none"}
    return {state: {"document_id": one} for state, one in known.items()}


def _register(archive: Archive, listed: Mapping[str, tuple[str, str]]) -> States:
    town, said, exceptions, candidacies = Town(archive), {}, {}, {}
    for office in OFFICES:
        authority = authority_of(office)
        about = {"authority": authority, "listing": ""}
        custodian = town.person(authority, f"Custodian of the {office}")
        exception = town.say(Thing.EXEMPTION, authority=authority, rule="series", reason="small", approver="Cleo")
        things = {"authority": authority, "custodianship": custodian}
        for thing, one in things.items():
            last = town.register.history(one)[-1].act_id
            said[f"{thing} of the {office}"] = {"thing": thing, "thing_id": one, "after": last, **about}
        said[f"new custodianship at the {office}"] = {"thing": "custodianship", "thing_id": "new", "after": "", **about}
        last = town.register.history(exception)[-1].act_id
        exceptions[f"of the {office}"] = {"thing_id": exception, "after": last, **about}
        window = {"since": "2020-01-01", "until": "2030-01-01"}
        candidacy = town.say(Thing.CANDIDACY, authority=authority, person="Ada", office="Governor", **window)
        candidacies[f"of the {office}"] = {"candidacy_id": candidacy}
        exceptions[f"new, of the {office}"] = {"thing_id": "new", "after": "", **about}
    nowhere = {"after": "", "authority": "", "listing": ""}
    said["new authority"] = {"thing": "authority", "thing_id": "new", **nowhere}
    said["none"] = {"thing": "authority", "thing_id": "au_none", **nowhere}
    exceptions["none"] = {"thing_id": "xm_none", **nowhere}
    candidacies["none"] = {"candidacy_id": "cy_none"}
    return {"thing": said, "thing_id": exceptions, "candidacy_id": candidacies}


def _handovers(archive: Archive, listed: Mapping[str, tuple[str, str]]) -> dict[str, dict[str, str]]:
    town, found = Town(archive), {}
    done = town.register.handovers[handover_of("police")]
    town.person(authority_of("police"), WORDS["police"]["owner"], since="2020-01-01")
    late = ("receipted", "filed")
    for step in STEPS:
        one = ids.derive("ho", "test", "police", step)
        given = done.model_dump() | {"step": step, "outgoing": WORDS["police"]["owner"]}
        if step not in late:
            given |= {"inventory": None, "inventory_pdf": None}
        else:
            given |= {"receipt": [done.inventory_pdf], "received_by": "B", "received_on": "2026-11-30"}
        if step == "begun":
            given |= {"listings": [], "frozen_at": None}
        if step == "filed":
            given |= {"filed_on": "2026-11-30", "filed_with": "Clerk"}
        if step in ("swept", *late, "transferred"):
            given |= {"left_out": dict.fromkeys(given["listings"], "a test")}
        town.state(Thing.HANDOVER, one, HandoverSays.model_validate(given))
        found[f"of the police, {step}"] = {"handover_id": one, **_office("police", listed)}
    found |= {f"of the {office}, inventoried": {"handover_id": handover_of(office), **_office(office, listed)}
              for office in OFFICES}  # fmt: skip
    found["none"] = {"handover_id": "ho_none", **_office("police", listed)}
    return found


def _people(archive: Archive, people: Mapping[str, str]) -> dict[str, dict[str, str]]:
    someone, left = (service.add(archive, SERVICE, name, f"{name}@city.example").id for name in ("someone", "left"))
    roles = {one: service.grant(archive, SERVICE, one, NewGrant(Role.CUSTODIAN)).id for one in (someone, left)}
    over = service.grant(archive, SERVICE, someone, NewGrant(Role.REVIEWER)).id
    service.revoke(archive, SERVICE, over)
    service.end(archive, SERVICE, left)
    administrator, now = people[Role.SYSTEM_ADMINISTRATOR.value], archive.clock.now()
    asked = ids.new_id("bc")
    with archive.database.write() as connection:
        connection.execute(
            insert(AddressChange).values(id=asked, person_id=someone, mail="other@city.example", asked_by=left,
                                         made_at=now, ends_at=now + timedelta(days=1), ended_at=None)
        )  # fmt: skip
        own = service.grants(connection, administrator)[0].id
        sessions.begin(connection, archive, someone, "password", "a test")
    theirs, of_left = "someone@city.example", "left@city.example"
    rows = {
        "somebody": (someone, roles[someone], asked, theirs),
        "somebody, with a role taken back": (someone, over, "bc_none", theirs),
        "somebody, with another’s role": (someone, own, "bc_none", theirs),
        "who left": (left, roles[left], "bc_none", of_left),
        "the system administrator": (administrator, own, "bc_none", ""),
        "none": ("pe_none", roles[someone], asked, ""),
    }
    return {
        state: dict(zip(("person_id", "grant_id", "asked", "mail"), row, strict=True)) for state, row in rows.items()
    }


def _moderation(archive: Archive) -> dict[str, dict[str, str]]:
    known = {}
    for office, end in _CHOSEN:
        record = ids.record_id(account_of(office), f"chosen {end}")
        known[f"of the {office}, {end}"] = (moderated(account_of(office), record), False)
    known["of the police, taken back"] = (known["of the police, public"][0], True)
    found: dict[str, dict[str, str]] = {}
    for state, (says, void) in known.items():
        (one,) = moderation.state(archive, of_machine(), [says])
        if void:
            last = _last_said(archive, one)
            moderation.correct(archive, of_machine(), one, says, why="a mistake", void=True, after=last)
        found[state] = {"moderation_id": one, "after": _last_said(archive, one)}
    return found | {"none": {"moderation_id": "mo_none", "after": "at_none"}}


def _last_said(archive: Archive, moderation_id: str) -> str:
    with archive.database.read() as connection:
        return statements.one(connection, Viewer.EVERYTHING, "", moderation_id)[0].act_id


def _own(archive: Archive, officer: str) -> States:
    """What is the records officer's alone, and what was."""
    who = of_person(officer)
    kept, gone = (saved.save(archive, who, name, "words") for name in ("kept", "gone"))
    saved.remove(archive, who, gone)
    selection = selections.make(archive, who, "laid aside")
    record = ids.record_id(account_of("police"), "chosen public")
    selections.add(archive, who, selection, [record])
    lasting = timedelta(days=1)
    token, ended = (
        sessions.make_token(archive, who, officer, name, {Action.RECORDS_SEARCH}, lasting)[0].id
        for name in ("counts", "ended")
    )
    sessions.end_token(archive, who, officer, ended)
    statement = _frozen(archive, selection)
    key = ids.new_id("pk")
    with archive.database.write() as connection:
        connection.execute(
            insert(Passkey).values(id=key, credential="of a test", person_id=officer, host="localhost", name="key",
                                   public_key=b"", sign_count=0, made_at=archive.clock.now())
        )  # fmt: skip
    own = "the records officer’s"
    return {
        "saved_id": {own: {"saved_id": kept}, f"{own}, gone": {"saved_id": gone}, "none": {"saved_id": "sv_none"}},
        "selection_id": {
            own: {"selection_id": selection, "record_id": record},
            "none": {"selection_id": "sl_none", "record_id": record},
        },
        "statement_id": {own: {"statement_id": statement}, "none": {"statement_id": "ss_none"}},
        "token_id": {own: {"token_id": token}, f"{own}, ended": {"token_id": ended}, "none": {"token_id": "tk_none"}},
        "passkey_id": {own: {"passkey_id": key}, "none": {"passkey_id": "pk_none"}},
    }


def _frozen(archive: Archive, selection: str) -> str:
    """A search of public things in a selection: what the officer sees differs from account to account."""
    with archive.database.write() as connection:
        public = Viewer(access=frozenset({Access.PUBLIC.value}), messages=False)
        one = freeze(connection, archive.search, "kind:comment", viewer=public, at=archive.clock.now())
        held = {"selection_id": selection, "statement_id": one.id, "at": archive.clock.now()}
        connection.execute(insert(SelectionStatement).values(**held))
    return one.id


def _by_link(archive: Archive) -> States:
    """Links that somebody was sent, and the address that a platform calls."""
    asked = service.add(archive, SERVICE, "with a link")
    used = service.add(archive, SERVICE, "with a used link")
    tokens = [links.offer(archive, of_machine(), one.id).address.rpartition("/")[2] for one in (asked, used)]
    with archive.database.write() as connection:
        now = archive.clock.now()
        connection.execute(update(SignInLink).where(SignInLink.person_id == used.id).values(ended_at=now))
    states = dict(zip(("somebody’s", "used", "none"), (*tokens, "none"), strict=True))
    return {
        "welcome": {state: {"token": one} for state, one in states.items()},
        **_of_owners(archive),
        "hook": {"none": {"platform": "mastodon", "path": "none"}},
    }


def _of_owners(archive: Archive) -> States:
    """Links that owners of accounts were sent."""
    now, found = archive.clock.now(), {}
    with archive.database.write() as connection:
        for state, ended in (("open", None), ("used", "connected")):
            found[state] = ids.new_id("cl")
            connection.execute(
                insert(ConnectLink).values(
                    id=found[state], secret_sha256=sessions.hashed(f"{state:-<43}"), account_id=account_of("police"),
                    platform="facebook", url="https://facebook.example/police", authority="police", purpose=f"{state}",
                    made_at=now, ends_at=now + timedelta(days=1), ended=ended, ended_at=None if ended is None else now,
                    said=None, begun_at=None,
                )
            )  # fmt: skip
    return {
        "token": {state: {"token": f"{state:-<43}"} for state in found} | {"none": {"token": "none"}},
        "link": {state: {"link": one} for state, one in found.items()} | {"none": {"link": "none"}},
    }
