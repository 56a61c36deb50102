"""Handing an office's accounts over on pages: who may, what is refused, and what nobody finds out by the way."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from urllib.parse import unquote

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from archiver.accounts import service as accounts
from archiver.accounts.register import service
from archiver.accounts.register.models import RegisterDocument
from archiver.accounts.register.statements import Thing
from archiver.operations import handovers
from archiver.people.permission import AUTHORITY, EVERYTHING
from archiver.people.roles import Access, Role
from archiver.web.app import create_app
from archiver.web.site import Site
from tests.capture.house import House
from tests.register.office import Office
from tests.register.town import CLERK
from tests.register_pages.conftest import Desk
from tests.signed_in import cookies, person

Sit = Callable[..., Desk]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    house = House(tmp_path_factory.mktemp("office"))
    yield house
    house.close()


@pytest.fixture(scope="module")
def office(house: House) -> Office:
    return Office(house, token="of before")


@pytest.fixture
def sit(house: House) -> Sit:
    """Somebody with a role: of everything, or of one authority."""
    app = create_app(Site(house.archive))

    def sit(
        role: Role = Role.RECORDS_OFFICER, authority: str | None = None, access: tuple[Access, ...] = tuple(Access)
    ) -> Desk:
        scope = EVERYTHING if authority is None else AUTHORITY
        who = person(house.archive, role, scope=scope, scope_id=authority or "", access=access)
        client = TestClient(app, base_url="http://127.0.0.1", cookies=cookies(house.archive, who))
        client.follow_redirects = False
        client.headers["Sec-Fetch-Site"] = "same-origin"
        return Desk(client, who.id, house.archive)

    return sit


def _to(office: Office, step: str) -> str:
    """A hand-over at a step, of an office that has no other under way."""
    archive = office.house.archive
    for one, says in office.town.register.handovers.items():
        if says.step not in ("receipted", "filed", "withdrawn"):
            handovers.withdraw(archive, CLERK, one, "another test")
    handover_id = office.begin()
    day = office.town.today
    office.house.later(minutes=1)
    steps: dict[str, Callable[[], object]] = {
        "frozen": lambda: handovers.freeze(archive, CLERK, handover_id),
        "swept": lambda: handovers.sweep(archive, CLERK, handover_id, None, {office.listing: "of a test"}),
        "transferred": lambda: handovers.transfer(
            archive, CLERK, handover_id, day=day, incoming="Bo In", owner="Bo In", keep=True, why="a test"
        ),
        "inventoried": lambda: handovers.take_inventory(archive, CLERK, handover_id),
    }
    for name, take in steps.items():
        if office.step(handover_id) == step:
            break
        take()
        assert office.step(handover_id) == name
    return handover_id


@pytest.mark.law("R11")
@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"authority": "au_none", "outgoing": "A", "cause": "term"}, "choose one of the authorities"),
        ({"outgoing": "", "cause": "term"}, "say who leaves"),
        ({"outgoing": "A" * 201, "cause": "term"}, "at most 200 characters"),
        ({"outgoing": "A", "incoming": "Bo & Co" + "B" * 2000, "cause": "term"}, "at most 200 characters"),
        ({"outgoing": "A", "cause": "bored"}, "choose why"),
        ({"outgoing": "A\x01", "cause": "term"}, "cannot be seen"),
    ],
)
def test_what_cannot_begin_is_said_and_what_was_typed_stays(
    sit: Sit, office: Office, fields: dict[str, str], says: str
) -> None:
    before = len(office.town.register.handovers)
    answer = sit().client.post(
        "/register/handovers/new", data={"authority": office.mayor, "incoming": "Bo & Co"} | fields
    )
    assert answer.status_code == 400
    assert says in html.unescape(answer.text).replace("Choose", "choose").replace("Say", "say")
    assert "Bo &amp; Co" in answer.text
    assert len(office.town.register.handovers) == before


@pytest.mark.law("R11")
def test_each_step_is_refused_out_of_turn_and_says_what_comes_first(sit: Sit, office: Office) -> None:
    officer, handover_id = sit(), _to(office, "begun")
    day = office.town.today.isoformat()
    forms = {
        "look": {},
        "sweep": {},
        "transfer": {"step": "do", "day": day, "incoming": "B", "owner": "B"},
        "inventory": {},
        "file": {"filed_with": "Clerk", "filed_on": day, "sure": "yes"},
    }
    for step, fields in forms.items():
        answer = officer.client.post(f"/register/handovers/{handover_id}/{step}", data=fields)
        assert answer.status_code == 400, step
        assert "next it has to be frozen" in answer.text, step
    answer = officer.post(f"/register/handovers/{handover_id}/receipt", "r.pdf", b"%PDF", received_by="B", sure="yes")
    assert (answer.status_code, office.step(handover_id)) == (400, "begun")
    assert officer.get(f"/register/handovers/{handover_id}/inventory").status_code == 404
    assert officer.get("/register/handovers/ho_none").status_code == 404


@pytest.mark.law("R11")
def test_an_account_that_is_stopped_is_left_out_with_a_reason_or_the_next_step_waits(sit: Sit, office: Office) -> None:
    officer, handover_id = sit(), _to(office, "begun")
    address = f"/register/handovers/{handover_id}"
    accounts.pause(office.house.archive, office.account, "of a test")
    try:
        frozen = officer.client.post(f"{address}/freeze")
        assert "its capture is paused" in frozen.text
        assert "its capture is stopped" in officer.get(address).text
        assert "no reason is given" in officer.client.post(f"{address}/sweep").text
        assert office.step(handover_id) == "frozen"
    finally:
        accounts.resume(office.house.archive, office.account)
    assert "not asked for yet" in officer.get(address).text
    assert officer.client.post(f"{address}/look").status_code == 303
    assert "waits for its turn" in officer.get(address).text
    why = {f"because-{office.listing}": "<b>taken down</b>"}
    assert officer.client.post(f"{address}/sweep", data=why).status_code == 303
    assert office.town.register.handovers[handover_id].left_out == {office.listing: "<b>taken down</b>"}
    assert "&lt;b&gt;taken down" in officer.get(address).text


@pytest.mark.law("R11")
def test_a_look_that_fails_is_shown_with_the_reason_and_one_that_goes_well_counts(sit: Sit, office: Office) -> None:
    from archiver.practice import faults

    officer, handover_id = sit(), _to(office, "frozen")
    office.house.server.faults.add(faults.not_found, r"/accounts/\d+(/|$)", times=None)
    office.house.run(office.account)
    office.house.server.faults.clear()
    assert "did not get to its end" in officer.get(f"/register/handovers/{handover_id}").text
    office.house.later(minutes=5)
    office.house.run(office.account)
    shown = officer.get(f"/register/handovers/{handover_id}").text
    assert "Every account that is captured was looked at whole" in shown
    assert officer.client.post(f"/register/handovers/{handover_id}/sweep").status_code == 303
    assert office.step(handover_id) == "swept"


@pytest.mark.law("R11")
@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"tokens": ""}, "say what becomes of"),
        ({"tokens": "keep", "why": ""}, "say why what was granted before is kept"),
        ({"day": "31.3.2026"}, "no day of the calendar"),
        ({"day": "0001-01-01"}, "cannot be that early"),
        ({"position": "A" * 2001}, "at most 200 characters"),
        ({"incoming": "A" * 2001}, "at most 200 characters"),
    ],
)
def test_a_change_of_custody_that_is_not_whole_changes_nothing(
    sit: Sit, office: Office, fields: dict[str, str], says: str
) -> None:
    handover_id = _to(office, "swept")
    whole = {"step": "do", "incoming": "Bo In", "owner": "Bo <i>", "position": "", "day": "2026-03-02"}
    given = whole | {"tokens": "keep", "why": "x"} | fields
    owner = office.town.register.listings[office.listing].owner
    answer = sit().client.post(f"/register/handovers/{handover_id}/transfer", data=given)
    assert (answer.status_code, office.step(handover_id)) == (400, "swept")
    assert says in answer.text.replace("Say", "say")
    assert "Bo &lt;i&gt;" in answer.text
    assert office.town.register.listings[office.listing].owner == owner


@pytest.mark.law("R11")
def test_custody_takes_having_shown_within_minutes_who_it_is(sit: Sit, office: Office) -> None:
    officer, handover_id = sit(), _to(office, "swept")
    office.house.later(minutes=6)
    address = f"/register/handovers/{handover_id}/transfer"
    for answer in (officer.get(address), officer.client.post(address)):
        assert answer.status_code == 303
        assert answer.headers["location"] == f"/sign-in/again?next={address.replace('/', '%2F')}"
    assert officer.client.post(address, data={"step": "do"}).status_code == 401
    assert office.step(handover_id) == "swept"


@pytest.mark.law("R11")
def test_a_receipt_can_be_added_to_until_it_is_filed_and_nothing_is_filed_in_the_future(
    sit: Sit, office: Office
) -> None:
    officer, handover_id = sit(), _to(office, "inventoried")
    address, today = f"/register/handovers/{handover_id}", office.town.today
    sign = {"received_by": "Bo In", "received_on": today.isoformat(), "sure": "yes"}
    late, early = (today + timedelta(days=1)).isoformat(), (today - timedelta(days=1)).isoformat()
    kept = _documents(office)
    for fields, file, says in (
        (sign, (), "choose the file"),
        (sign | {"sure": ""}, ("r.pdf", b"%PDF"), "confirm that this is"),
        (sign | {"received_on": late}, ("r.pdf", b"%PDF"), "has not come yet"),
        (sign | {"received_on": early}, ("r.pdf", b"%PDF"), "a receipt of it is not of a day before"),
        (sign | {"received_by": ""}, ("r.pdf", b"%PDF"), "say who signed"),
        (sign, ("r.pdf", b""), "choose the file"),
    ):
        answer = officer.post(f"{address}/receipt", *file, **fields)
        assert (answer.status_code, office.step(handover_id)) == (400, "inventoried")
        assert says in answer.text[answer.text.index('role="alert"') :][:300].replace("Choose", "choose").replace(
            "Confirm", "confirm"
        ).replace("Say", "say")
    assert _documents(office) == kept, "what is refused leaves nothing behind"
    assert officer.post(f"{address}/receipt", "first \u202epage.pdf", b"%PDF 1", **sign).status_code == 303
    assert officer.post(f"{address}/receipt", "second.pdf", b"%PDF 2", **sign).status_code == 303
    first, second = office.town.register.handovers[handover_id].receipt
    found = officer.get(f"/register/documents/{second}")
    assert found.content == b"%PDF 2"
    assert found.headers["content-disposition"] == 'attachment; filename="second.pdf"'
    assert "\u202e" not in officer.get(address).text
    assert "attachment" in officer.get(f"/register/documents/{first}").headers["content-disposition"]
    assert officer.client.post(f"{address}/withdraw", data={"why": "too late"}).status_code == 400
    filed = {"filed_with": "City Clerk", "filed_on": late, "sure": "yes"}
    assert officer.client.post(f"{address}/file", data=filed).status_code == 400
    filed["filed_on"] = today.isoformat()
    assert officer.client.post(f"{address}/file", data=filed | {"sure": ""}).status_code == 400
    assert officer.client.post(f"{address}/file", data=filed).status_code == 303
    assert officer.post(f"{address}/receipt", "third.pdf", b"%PDF 3", **sign).status_code == 400
    (entry,) = [one for one in officer.events() if one.actor_id == officer.person_id][-1:]
    assert entry.data == {"thing": "handover", "change": "changed"}


@pytest.mark.law("R10", "R11")
def test_who_may_hand_over_what(sit: Sit, office: Office) -> None:
    handover_id = _to(office, "begun")
    address = f"/register/handovers/{handover_id}"
    office.town.authority("library")
    strangers = sit(Role.LEGAL_CUSTODIAN, "library")
    assert strangers.get(address).status_code == 404
    assert office.mayor not in strangers.get("/register/handovers/new").text
    assert "Ada Out" not in strangers.get("/register/handovers").text
    assert "Ada Out" not in strangers.get(f"/register/handovers/new?authority={office.mayor}").text
    for step in ("freeze", "look", "sweep", "transfer", "inventory", "file", "withdraw"):
        assert strangers.client.post(f"{address}/{step}", data={"why": "x"}).status_code == 404, step
    begin = {"authority": office.mayor, "outgoing": "A", "cause": "term"}
    assert strangers.client.post("/register/handovers/new", data=begin).status_code == 400
    for role in (Role.CUSTODIAN, Role.AUDITOR, Role.CIO):
        looks = sit(role)
        assert "takes the next step" in looks.get(address).text
        assert "<button" not in looks.get(address).text.partition("<main")[2]
        assert looks.client.post(f"{address}/freeze").status_code == 403, role
        assert looks.get(f"/register/handovers/new?authority={office.mayor}").status_code == 403, role
    assert office.step(handover_id) == "begun"
    office.house.archive.database.act(lambda connection: connection)
    mayors = sit(Role.LEGAL_CUSTODIAN, "mayor")
    assert "Settle" in mayors.get(address).text
    mayors.client.post(f"{address}/freeze")
    assert office.step(handover_id) == "frozen", "of their own office they may"


def _documents(office: Office) -> int:
    with office.house.archive.database.read() as connection:
        return len(connection.execute(select(RegisterDocument.id)).all())


@pytest.mark.law("R10", "R11")
def test_what_changed_since_it_was_shown_is_shown_again_before_custody_changes(sit: Sit, office: Office) -> None:
    officer, handover_id = sit(), _to(office, "swept")
    address = f"/register/handovers/{handover_id}/transfer"
    day = office.town.today.isoformat()
    whole = {"incoming": "Bo In", "owner": "Bo In", "position": "", "day": day, "tokens": "keep", "why": "x"}
    shown = officer.client.post(address, data=whole | {"step": "show"}).text
    (agreed,) = re.findall(r'name="shown" value="([0-9a-f]{64})"', shown)
    office.town.person(office.mayor, "Di Signee", "designee", since="2024-05-01")
    late = officer.client.post(address, data=whole | {"step": "do", "shown": agreed})
    assert (late.status_code, office.step(handover_id)) == (400, "swept")
    assert "meanwhile" in late.text
    assert 'value="Bo In"' in late.text
    shown = officer.client.post(address, data=whole | {"step": "show"}).text
    assert "Di Signee" in shown
    (agreed,) = re.findall(r'name="shown" value="([0-9a-f]{64})"', shown)
    assert officer.client.post(address, data=whole | {"step": "do", "shown": agreed}).status_code == 303


@pytest.mark.law("R4", "R11")
def test_a_receipt_stays_closed_when_the_entry_of_its_account_is_taken_out(sit: Sit, office: Office) -> None:
    handover_id = _to(office, "inventoried")
    says, listing = office.town.register.handovers[handover_id], office.town.register.listings[office.listing]
    part = sit(access=(Access.PUBLIC,))
    office.town.state(Thing.LISTING, office.listing, listing, void=True)
    try:
        assert part.get(f"/register/documents/{says.inventory}").status_code == 404
    finally:
        office.town.state(Thing.LISTING, office.listing, listing)


def test_whoever_has_to_sign_in_first_comes_back_to_a_page(sit: Sit, office: Office) -> None:
    officer, listing = sit(), office.listing
    handover_id = _to(office, "begun")
    gone = TestClient(officer.client.app, base_url="http://127.0.0.1", headers=officer.client.headers)
    gone.follow_redirects = False
    for address in (
        *(f"/register/handovers/{handover_id}/{step}" for step in ("freeze", "transfer", "receipt")),
        f"/register/accounts/{listing}/owner",
        f"/register/say/listing/{listing}",
    ):
        assert gone.post(address, data={"why": "x"}).status_code == 401, address
        answer = gone.post(address)
        assert answer.status_code == 303, address
        back = unquote(answer.headers["location"].partition("next=")[2])
        assert officer.get(back).status_code == 200, back


@pytest.mark.law("R4", "R11")
def test_an_inventory_tells_nobody_what_they_may_not_count(sit: Sit, office: Office) -> None:
    handover_id = _to(office, "inventoried")
    signed = service.keep_document(office.house.archive, CLERK, "signed.pdf", "application/pdf", b"%PDF with counts")
    handovers.receipt(office.house.archive, CLERK, handover_id, signed, "Bo In", office.town.today)
    says = office.town.register.handovers[handover_id]
    whole, part = sit(), sit(access=(Access.PUBLIC,))
    address = f"/register/handovers/{handover_id}/inventory"
    assert "SHA-256" in whole.get(address).text
    assert "not open to you" in part.get(address).text
    assert "SHA-256" not in part.get(address).text
    for form in ("json", "pdf", "txt"):
        assert whole.get(f"{address}/{form}").status_code == 200
        assert part.get(f"{address}/{form}").status_code == 403
    for document in (signed, says.inventory, says.inventory_pdf):
        assert whole.get(f"/register/documents/{document}").status_code == 200
        assert part.get(f"/register/documents/{document}").status_code == 404
    assert whole.get("/register/documents/do_none").status_code == 404
