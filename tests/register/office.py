"""An office whose accounts are handed over, captured for real."""

from __future__ import annotations

from archiver.accounts.register.handover import Cause
from archiver.operations import handovers
from tests.capture.house import FULL, House
from tests.register.town import CLERK, Town


class Office:
    """An elected office with a captured account, a page that nobody captures, and a campaign's."""

    def __init__(self, house: House, token: str | None = None) -> None:
        self.house, self.town = house, Town(house.archive)
        self.account = house.office(token)
        self.mayor = self.town.authority("mayor", kind="elected")
        clerk = self.town.authority("city-clerk", clerk=True)
        self.town.person(clerk, "Jo Clerk")
        self.town.person(self.mayor, "Ada Out", "holder", since="2024-04-16")
        url = house.server.mastodon.account_url(house.cast.city)
        self.listing = self.town.listing(url=url, account=self.account, authority=self.mayor, owner="Ada Out")
        self.page = self.town.listing(url="https://a.example/page", authority=self.mayor)
        self.town.listing(url="https://a.example/campaign", authority=self.mayor, capacity="campaign")
        for number in range(12):
            house.city.say(house.cast.city, f"Notice {number}.")
        house.run(self.account, FULL)

    def begin(self, incoming: str | None = "Bo In") -> str:
        return handovers.begin(self.house.archive, CLERK, self.mayor, Cause.TERM, "Ada Out", incoming)

    def frozen(self) -> str:
        handover_id = self.begin()
        self.house.later(hours=1)
        handovers.freeze(self.house.archive, CLERK, handover_id)
        self.house.later(hours=1)
        return handover_id

    def sweep(self, handover_id: str) -> None:
        def capture(account: str) -> None:
            self.house.run(account, FULL)
            self.house.capture.flush(all=True)

        handovers.sweep(self.house.archive, CLERK, handover_id, capture)

    def step(self, handover_id: str) -> str:
        return self.town.register.handovers[handover_id].step
