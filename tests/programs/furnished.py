"""What somebody keeps at their desk, over the archive with both offices: so that every list has more than one entry."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import insert

from archiver.accounts.register.statements import Thing
from archiver.archive import Archive
from archiver.challenges import service as challenges
from archiver.desk import marks, saved, selections
from archiver.desk.models import SavedSearchMark
from archiver.evidence.challenge_facts import ChallengeSays
from archiver.evidence.official_facts import OfficialSays
from archiver.evidence.register_facts import shaped
from archiver.moderation import service as moderation
from archiver.official import service as official
from archiver.people.acting import of_machine, of_person
from archiver.search.source import read_documents
from tests.moderation import written
from tests.moderation.saying import says
from tests.people.beside import authority_of
from tests.people.scene import NOW, OFFICES, account_of, record_of
from tests.register.town import Town

KINDS = ("public", "hidden")


@dataclass(frozen=True, slots=True)
class Kept:
    """Ids of what is there of somebody."""

    saved_id: str
    selection_id: str
    statement_id: str


def talked(archive: Archive) -> list[str]:
    """Two comments on the budget, at the police, one of them hidden since; their ids."""
    states = {"one": [("visible", NOW)], "two": [("visible", NOW), ("hidden_by_page", NOW + timedelta(hours=1))]}
    with archive.database.write() as connection:
        found = [
            written.record(connection, "police", f"talked {name}", some, text="No to this budget")
            for name, some in states.items()
        ]
        archive.search.put(connection, list(read_documents(connection, found)))
    return found


def moderated(archive: Archive) -> str:
    """Two statements on each office; the id of one on the police."""
    said = [says(account_of(office), matter=f"M-{number}") for office in OFFICES for number in (1, 2)]
    return moderation.state(archive, of_machine(), said)[0]


def reported(archive: Archive) -> str:
    """Two candidacies, two posts in the window of one at the police, whose id it is; two exceptions."""
    town = Town(archive)
    with archive.database.write() as connection:
        for number in (1, 2):
            written.record(connection, "police", f"published {number}", kind="post", text=f"=NOTICE({number})")
    for office in OFFICES:
        town.say(Thing.EXEMPTION, authority=authority_of(office), rule="series", reason="=small", approver="Cleo")
    window = {"since": "2026-02-01", "until": "2026-04-01"}
    town.say(Thing.CANDIDACY, authority=authority_of("library"), person="Lee", office="Clerk", **window)
    return town.say(Thing.CANDIDACY, authority=authority_of("police"), person="@Ada", office="Sheriff", **window)


def challenged(archive: Archive, record_ids: Sequence[str]) -> None:
    """A challenge to each of these records of the police; the first is denied."""
    for number, record_id in enumerate(record_ids):
        said = {"account": account_of("police"), "record": record_id, "individual": "Robin Doe", "authorized": None,
                "received_on": "2026-02-02", "disputed": f"=I({number})", "outcome": "open", "decided_on": None,
                "decided_by": None, "correction": None, "reasons": None, "statement_on": None,
                "statement": None}  # fmt: skip
        if number == 0:
            said |= {"outcome": "denied", "decided_on": "2026-02-10"}
        challenges.state(archive, of_machine(), shaped(ChallengeSays, said))


def decided(archive: Archive, record_ids: Sequence[str]) -> None:
    """Each of these records of the police is personal; and its account was decided on as a whole."""
    for record_id in (*record_ids, None):
        says = {"account": account_of("police"), "record": record_id, "finding": "personal", "evidence": False,
                "only_here": None, "information": None, "need": None, "authority": None, "reason": "=a birthday",
                "decided_on": "2026-02-10", "decided_by": "Jo"}  # fmt: skip
        official.decide(archive, of_machine(), shaped(OfficialSays, says), after=None)


def desk(archive: Archive, person_id: str) -> Kept:
    """Two of everything."""
    actor, chosen = of_person(person_id), [record_of("police", one) for one in KINDS]
    mine = [saved.save(archive, actor, name, "larkspur OR oleander") for name in ("one", "two")]
    with archive.database.write() as connection:  # (so that what is there is new)
        connection.execute(insert(SavedSearchMark).values(saved_id=mine[0], at=NOW - timedelta(days=1)))
    kept = [selections.make(archive, actor, name) for name in ("one", "two")]
    selections.add(archive, actor, kept[0], chosen)
    statement = selections.add_all(archive, actor, kept[0], "-nowhere")
    for tag in ("budget", "roads"):
        marks.tag(archive, actor, chosen, tag)
    marks.note(archive, actor, chosen[0], "read this again")
    return Kept(mine[0], kept[0], statement.id)
