"""The practice city a month on: what a custodian has before them on a Monday, for the pictures of the pages."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from archiver.accounts import service as accounts
from archiver.accounts.register.statements import Thing
from archiver.practice import faults
from archiver.practice.acts import Wording
from archiver.practice.opening import Opening
from archiver.practice.script import month
from archiver.practice.words import CITY
from archiver.records.models import Record
from tests.browser.furnishing import Captured
from tests.capture.house import House
from tests.facebook.page import page
from tests.register.town import Town

_SAID = {
    "name": "Dana Whitfield",
    "another name": "Robin Aguilar",
    "reason of a role": "Records desk, since February 2026",
    "token": "Council dashboard",
    "saved": "Juniper Avenue",
    "query": "juniper OR streetworks",
    "film": "Council meeting of February 24\n\nThe budget hearing begins at minute 12.",
    "comment of a film": "Thank you for the captions.",
    "statement": "The comment gave the home address of a city employee. It was removed under 4(c) of the policy.",
    "matter": "2026-014",
    "who did it": "Kim Aldana, communications",
    "individual": "Amara Okonedo",
    "disputed": "The post says that I asked for the closure. I asked when the school bus would stop again.",
    "decided by": "Pat Lindgren, legal custodian",
    "reasons": "The post is kept as it was published. What it says of the request is the author's own summary.",
    "reason of a decision": "It announces a closure of the department's streets, on the department's account.",
    "authority to speak": "The department's charge of streets; it spoke as the department.",
    "what it is": "The City Clerk keeps the records of the Common Council of Larkmere and issues its licenses.",
    "places and times": "City Hall, Room 105, 100 Main Street, Monday to Friday, 8:00 to 16:30",
    "ways to ask": "In person, by mail, or at records@larkmere.example. Nobody has to say why they ask.",
    "costs": "25 cents a page; copies of files at cost. Nothing is charged for redaction or review.",
    "where it hangs": "Board beside the entrance, and the city's web site",
    "statement of the individual": "I asked about the bus, not for the closure. Please read both together.",
    "tag": "street closures",
    "note": "The Council asked about this closure on March 16.",
    "who signs": "Pat Lindgren",
    "office": "City Clerk",
    "selection": "For the Council's question of March 16",
    "name that waits": "Larkmere Parks",
    "owner that waits": "Robin Aguilar",
    "why of a hand-over": "End of term",
    "a receipt": "Received, with the inventory.",
    "name of a receipt": "receipt.html",
    "who signed": "Noor Castellan",
    "reviewer": "Robin Aguilar, social media",
    "findings": "Everybody who administers the account works for the City.",
}


def words(purpose: str) -> str:
    """What somebody of the city says."""
    return _SAID.get(purpose) or _of_an_office(purpose)


def _of_an_office(purpose: str) -> str:
    """Names of an office that is handed over, and of its accounts."""
    for start, said in (
        ("office that is", "Alderman's office"),
        ("who leaves", "Ilse Brandt"),
        ("who follows", "Noor Castellan"),
    ):
        if purpose.startswith(start):
            return said
    _, number, _, short = purpose.split()
    return f"District news {int(number) + 1} ({short})"


def house(folder: Path) -> House:
    """The city, with nobody looking yet."""
    looked = {"sweep_new_seconds": 43_200, "sweep_watch_seconds": 43_200}
    return House(folder, settings={"time_zone": "America/Chicago", **looked})


def captured(city_house: House) -> Captured:
    """A month of three offices and a Page, looked at twice a day; then the street closure, minute by minute."""
    account, works = city_house.office(), city_house.mastodon(city_house.cast.works)
    feed = city_house.feed()
    facebook = page(city_house)
    _a_month(city_house)
    city_house.later(hours=1)
    of_page = city_house.city.say(facebook.id, Wording("Ice on the lake is not safe. Stay off it, whatever you see."))
    rude, _ = (
        city_house.city.say(person, words, answering=of_page)
        for person, words in zip(facebook.cast.residents, ("You people are useless", "Thank you!"), strict=False)
    )
    city_house.run_due()
    city_house.city.hide(rude)
    said = _closure(city_house, works)
    for one in (account, facebook.account, feed):
        city_house.run(one)
    _trouble(city_house, account)
    _register(city_house, {"city": account, "works": works, "page": facebook.account})
    closure, removed = (
        city_house.rows(Record, Record.key == f"status/{said[name]}", Record.account_id == works)[0].id
        for name in ("closure", "rude")
    )
    url = f"{city_house.server.mastodon.account_url(city_house.cast.works)}/{said['closure']}"
    return Captured(works, closure, removed, url, "street")


def _a_month(house: House) -> None:
    due = house.clock.now()
    acts = {"days": 18, "posts": 16, "comments": 50, "edits": 6, "deletions": 3, "hides": 0, "messages": 0}
    for step in month(house.city, house.cast, 3, **acts):  # type: ignore[arg-type]
        if step.at >= due:
            due = step.at + timedelta(hours=12)
            house.run_due()


def _closure(house: House, works: str) -> dict[str, int]:
    """What a newcomer sees in the first minute, with a look at it now and then."""
    opening = Opening(house.city, house.cast)
    for number, seconds in enumerate(opening.played()):
        house.later(seconds=seconds * 60)
        if number in (7, 12, 15):
            house.run(works)
    house.later(hours=1)
    house.run_due()
    house.run(works)
    return dict(opening._said)


def _trouble(house: House, account: str) -> None:
    """The platform fails for an hour."""
    house.later(hours=3)
    house.server.faults.add(faults.server_error(), times=None)
    house.run(account)
    house.server.faults.clear()
    house.later(minutes=20)


def _register(house: House, captured: dict[str, str]) -> None:
    town = Town(house.archive)
    offices = {
        "city-clerk": ("City Clerk", "agency"),
        "mayor": ("Mayor's Office", "elected"),
        "public-works": ("Public Works", "agency"),
        "library": ("Larkmere Public Library", "agency"),
    }
    made = {short: town.authority(short, name=name, kind=kind) for short, (name, kind) in offices.items()}
    for short, person, position in (
        ("city-clerk", "Pat Lindgren", "City Clerk"),
        ("mayor", "Ines Calloway", "Mayor"),
        ("public-works", "Terrence Obi", "Director of Public Works"),
        ("library", "Wen Hsu", "Library Director"),
    ):
        role = "holder" if short == "mayor" else "legal_custodian"
        town.person(made[short], person, role, position=position, since="2025-04-15")
    town.say(
        Thing.CANDIDACY,
        authority=made["mayor"],
        person="Ines Calloway",
        office="Mayor",
        since="2026-01-02",
        until="2026-04-07",
    )
    owners = {
        "city": ("city-clerk", "Kim Aldana"),
        "works": ("public-works", "Terrence Obi"),
        "page": ("city-clerk", "Kim Aldana"),
    }
    for name, account in captured.items():
        short, owner = owners[name]
        with house.archive.database.read() as connection:
            one = accounts.get(connection, account)
        listing = town.listing(
            one.url, authority=made[short], account=account, platform=one.platform, name=one.name, handle=one.handle,
            owner=owner, series="SM-01", purpose="Notices to the public", service=one.platform,
        )  # fmt: skip
        if name != "page":
            town.say(Thing.ATTESTATION, listing=listing, person="Pat Lindgren", position="City Clerk", on="2026-03-03")
    town.listing(
        "https://www.tiktok.example/@larkmere_library", authority=made["library"], name=f"{CITY} Library on TikTok",
        owner="Wen Hsu", note="Opened in January; the library asks for capture.",
    )  # fmt: skip
