"""What makes a captured city a place in which everything has happened once: people with roles, links they were sent, an
owner's consent, a film with captions, searches, statements, a challenge."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select

from archiver.accounts import links as connect_links
from archiver.accounts.register import service as register
from archiver.accounts.register.checks import wrong_text
from archiver.accounts.register.handover import Cause, Step
from archiver.accounts.register.notices import notice_id
from archiver.accounts.register.statements import Thing
from archiver.capture.models import Exchange
from archiver.challenges import service as challenges
from archiver.desk import marks, saved, selections
from archiver.evidence.challenge_facts import ChallengeSays
from archiver.evidence.official_facts import OfficialSays
from archiver.evidence.register_facts import shaped
from archiver.moderation import service as moderation
from archiver.official import service as official
from archiver.operations import handovers
from archiver.page_roles import service as page_roles
from archiver.people import links, service, sessions
from archiver.people.acting import SERVICE, of_machine, of_person
from archiver.people.actions import Action
from archiver.people.roles import OPENS, Role
from archiver.people.service import NewGrant
from archiver.practice.acts import Wording
from archiver.records.models import Record
from archiver.records.stored import MEDIUM
from archiver.release import handing_out
from archiver.release.forms import Form
from archiver.viewing import Viewer
from tests.browser.scenes import Place
from tests.capture.house import House
from tests.connecting.consenting import Owner
from tests.moderation.saying import says
from tests.register.town import CLERK, Town
from tests.signed_in import ALL_ROLES, cookies, person
from tests.vimeo.place import account as vimeo

#: Gives the words for a purpose: attacks, or what a city would say.
Words = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Captured:
    """What was captured already."""

    account: str
    record: str
    removed: str
    url: str
    word: str


@dataclass(frozen=True, slots=True)
class Furnished:
    """The place, but for where it is served; and the cookies of somebody who may do everything there."""

    place: Place
    cookies: dict[str, str]


def furnish(house: House, captured: Captured, words: Words) -> Furnished:
    """Let everything happen once."""
    archive = house.archive
    film, captions = _film(house, words)
    owner = Owner.of(house, "x")
    ended = owner.connect()
    owner.link(second=True)
    assert owner.offer is not None
    _waiting(house, owner.url, words)
    who = person(archive, *ALL_ROLES, name=words("name"))
    other = service.add(archive, SERVICE, words("another name"), "robin@city.example")
    for role in (Role.CUSTODIAN, Role.REVIEWER):
        grant = NewGrant(role, access=frozenset(OPENS[role]), reason=words("reason of a role"))
        service.grant(archive, SERVICE, other.id, grant)
    sessions.make_token(archive, of_person(who.id), who.id, words("token"), {Action.RECORDS_SEARCH}, timedelta(days=90))
    search = saved.save(archive, of_person(who.id), words("saved"), words("query"))
    town = Town(archive)
    answer = house.rows(Exchange, Exchange.account_id == captured.account)[0]
    place = Place(
        base="",
        empty="",
        account=captured.account,
        record=captured.record,
        removed=captured.removed,
        film=film,
        captions=captions,
        exchange=_exchange(house, captured.record),
        answer=answer.id,
        run=answer.run_id,
        listing=next(iter(town.register.listings)),
        candidacy=next(iter(town.register.candidacies)),
        authority=next(iter(town.register.authorities)),
        person=other.id,
        saved=search,
        selection=(selection := _marked(house, captured, words, who.id)),
        frozen=_frozen(house, selection),
        statement=_statement(house, captured, words, who.id),
        challenge=_challenge(house, captured, words, who.id),
        official=_official(house, captured, words, who.id),
        welcome=_welcome(house, other.id),
        connect=owner.offer.address.rpartition("/")[2],
        ended=ended.id,
        url=captured.url,
        handover=_handed_over(house, town, words, "handed-over", last=Step.RECEIPTED),
        leaving=_handed_over(house, town, words, "leaving", last=Step.SWEPT),
        moment="2026-03-02T08:30",
        word=captured.word,
    )
    _handed_out(house, captured.record, words, who.id)
    _reviewed(house, captured.account, words, who.id)
    _put_up(town, place.authority, words)
    return Furnished(place, cookies(archive, who))


def _put_up(town: Town, authority: str, words: Words) -> None:
    """The public notice of an authority."""
    fields = {"organization": "what it is", "places": "places and times", "methods": "ways to ask", "costs": "costs"}
    said = {name: words(purpose) for name, purpose in fields.items()} | {"put_up_at": words("where it hangs")}
    on = town.today.isoformat()
    town.say(Thing.NOTICE, notice_id(authority), authority=authority, put_up_on=on, offices=None, **said)


def _handed_out(house: House, record: str, words: Words, person_id: str) -> None:
    """Evidence that waits to be taken."""
    name, office = words("who signs")[: handing_out.LONGEST_NAME], words("office")[: handing_out.LONGEST_NAME]
    actor = of_person(person_id)
    handing_out.make(house.archive, actor, Viewer.EVERYTHING, record, Form.COPY, name=name, office=office)


def _reviewed(house: House, account: str, words: Words, person_id: str) -> None:
    """Who has a role on the account was looked at."""
    said = {"reviewer": words("reviewer"), "findings": words("findings")}
    page_roles.enter(house.archive, of_person(person_id), account, on=house.clock.now().date().isoformat(), **said)


def _marked(house: House, captured: Captured, words: Words, person_id: str) -> str:
    """Tags and a note on a record, and a selection with that record and a frozen search; its id."""
    archive, actor = house.archive, of_person(person_id)
    for tag in (captured.word, words("tag")[:50]):
        marks.tag(archive, actor, [captured.record], tag)
    marks.note(archive, actor, captured.record, words("note"))
    selection = selections.make(archive, actor, words("selection")[:100])
    selections.add(archive, actor, selection, [captured.record])
    selections.add_all(archive, actor, selection, captured.word)
    return selection


def _frozen(house: House, selection: str) -> str:
    with house.archive.database.read() as connection:
        return selections.frozen(connection, selection)[0].id


def _film(house: House, words: Words) -> tuple[str, str]:
    """A film with captions: its record, and the file of the captions."""
    one = vimeo(house)
    number = house.city.say(one.id, Wording(words("film")))
    house.city.say(one.cast.residents[0], words("comment of a film"), answering=number)
    one.server.captions[number] = ["en"]
    house.run(one.account)
    (record,) = house.rows(Record, Record.key == f"video/{number}")
    with house.archive.database.read() as connection:
        of_it = select(MEDIUM.c.id).where(MEDIUM.c.record_id == record.id, MEDIUM.c.kind == "caption")
        return record.id, str(connection.scalars(of_it).one())


def _waiting(house: House, url: str, words: Words) -> None:
    """An account that its owner was asked for, and did not connect."""
    said = {name: words(f"{name} that waits").strip()[:200] for name in ("name", "owner")}
    said = {name: text if text and wrong_text(text) is None else name for name, text in said.items()}
    address = f"{url.rpartition('/')[0]}/waiting"
    listing = Town(house.archive).listing(address, platform="x", owner_mail="robin@city.example", **said)
    asking = connect_links.Asking(listing_id=listing, owner=said["owner"])
    connect_links.offer(house.archive, address, platform="x", asking=asking)


def _statement(house: House, captured: Captured, words: Words, who: str) -> str:
    said = says(
        captured.account,
        captured.removed,
        actor="staff",
        words=words("statement"),
        matter=words("matter"),
        actor_name=words("who did it"),
    )
    return moderation.state(house.archive, of_person(who), [said])[0]


def _challenge(house: House, captured: Captured, words: Words, who: str) -> str:
    on = house.clock.now().date().isoformat()
    said = ChallengeSays.model_validate(
        {
            "account": captured.account,
            "record": captured.record,
            "received_on": on,
            "individual": words("individual"),
            "authorized": None,
            "disputed": words("disputed"),
            "outcome": "denied",
            "decided_on": on,
            "decided_by": words("decided by"),
            "correction": None,
            "reasons": words("reasons"),
            "statement_on": on,
            "statement": words("statement of the individual"),
        }
    )
    return challenges.state(house.archive, of_person(who), said)


def _official(house: House, captured: Captured, words: Words, who: str) -> str:
    """A decision on the record, and one on the account as a whole."""
    on = house.clock.now().date().isoformat()
    said = dict.fromkeys(("evidence", "only_here", "information", "need")) | {"decided_on": on}
    said |= {"decided_by": words("decided by"), "reason": words("reason of a decision")}
    said |= {"authority": words("authority to speak")}
    for record in (captured.record, None):
        says = shaped(OfficialSays, said | {"account": captured.account, "record": record, "finding": "official"})
        decision = official.decide(house.archive, of_person(who), says, after=None)
    return decision


def _handed_over(house: House, town: Town, words: Words, short: str, last: Step) -> str:
    """A hand-over of an office, up to a step."""
    archive, day = house.archive, town.today
    office = town.authority(short, kind="elected", name=words(f"office that is {short}"))
    for number in range(12):
        name = words(f"account {number} of {short}")
        town.listing(f"https://a.example/{short}/{number}", authority=office, name=name)
    leaves, follows = words(f"who leaves {short}"), words(f"who follows {short}")
    handover_id = handovers.begin(archive, CLERK, office, Cause.TERM, leaves, follows)
    handovers.freeze(archive, CLERK, handover_id)
    handovers.sweep(archive, CLERK, handover_id)
    if last is Step.SWEPT:
        return handover_id
    why = words("why of a hand-over")
    handovers.transfer(archive, CLERK, handover_id, day=day, incoming=follows, owner=follows, why=why)
    handovers.take_inventory(archive, CLERK, handover_id)
    content = words("a receipt").encode()
    signed = register.keep_document(archive, CLERK, words("name of a receipt"), "text/html", content)
    handovers.receipt(archive, CLERK, handover_id, signed, words("who signed"), day)
    return handover_id


def _welcome(house: House, person_id: str) -> str:
    return links.offer(house.archive, of_machine(), person_id).address.rpartition("/")[2]


def _exchange(house: House, record: str) -> str:
    """The answer in which a record is stored."""
    (row,) = house.rows(Record, Record.id == record)
    return str(row.exchange_id)
