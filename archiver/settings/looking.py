"""When to look, and what is done after a look."""

from __future__ import annotations

import re
from typing import Literal

from pydantic import BaseModel, Field, field_validator

from archiver.settings.forms import Texts

_LINK_SERVICE = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?(?:/[A-Za-z0-9._~%/-]*)?")
SHORT_LINK_SERVICES = (
    *("bit.ly", "j.mp", "tinyurl.com", "ow.ly", "buff.ly", "dlvr.it", "trib.al", "is.gd", "v.gd", "t.ly", "rb.gy"),
    *("cutt.ly", "rebrand.ly", "tiny.cc", "shorturl.at", "ift.tt", "spr.ly", "hubs.ly", "goo.gl", "qrco.de"),
    # Of platforms, of those who send letters for cities, and of the federal government.
    *("t.co", "youtu.be", "fb.me", "fb.watch", "lnkd.in", "redd.it", "conta.cc", "eepurl.com", "lnks.gd"),
    *("go.usa.gov", "1.usa.gov", "aka.ms", "amzn.to", "wp.me", "flip.it"),
)
"""Well-known services that make nothing but short links."""


class Looking(BaseModel):
    """Settings of :class:`archiver.settings.Settings`."""

    sweep_new_seconds: int = Field(default=300, ge=1, description="Time between sweeps for new records, seconds.")
    sweep_watch_seconds: int = Field(
        default=600, ge=1, description="Time between sweeps that look again at recent threads, seconds."
    )
    sweep_full_seconds: int = Field(
        default=7 * 86400, ge=1, description="Time between full sweeps, which re-list everything, seconds."
    )
    tick_seconds: float = Field(
        default=5.0, gt=0, le=3600, description="How often the clock looks for sweeps that are due, seconds."
    )
    listen: bool = Field(
        default=False,
        description="Also listen to what the account's own server pushes (Bluesky, Mastodon) while the service runs."
        " What is pushed is archived as it came, and looked at at once.",
    )
    pictures: bool = Field(
        default=False,
        description="After a run, also draw pictures of the account's own posts from what was captured: each at first"
        " sight and at every edit. Needs Chromium, which is shut off from the network. A picture is no evidence of what"
        " the platform showed, and says so.",
    )
    pictures_browser: str = Field(
        default="",
        description="The Chromium that draws pictures, by name or path. Empty: whichever is installed.",
    )
    pictures_run: int = Field(
        default=20, ge=1, le=500, description="Most pictures drawn after one run; what is left waits for the next."
    )
    links: Literal["off", "own", "all"] = Field(
        default="own",
        description="After a run, also find out where short links lead of which the platform does not tell it: `own`,"
        " in public posts and answers of the account itself; `all`, also in what others wrote there within a month;"
        " `off`. Only the services of `link_services` are ever asked, never what they lead to.",
    )
    link_services: Texts = Field(
        default=SHORT_LINK_SERVICES,
        description="Services that make short links, separated by commas: hosts (with those below them), or a host and"
        " the beginning of its paths, such as `city.example.gov/go/`. What is set takes the place of this list.",
    )
    links_run: int = Field(
        default=50, ge=1, le=500, description="Most short links followed after one run; the rest wait for the next."
    )
    watch_first_seconds: int = Field(
        default=600, ge=1, description="A new or changed thread is looked at again after this long, seconds."
    )
    watch_longest_seconds: int = Field(
        default=7 * 86400, ge=1, description="The wait between looks at a quiet thread grows up to this, seconds."
    )
    watch_days: int = Field(
        default=90,
        ge=1,
        le=3660,
        description="A thread without a change for so long is left to full sweeps, days.",
    )
    watch_threads: int = Field(default=100, ge=1, le=10_000, description="Most threads looked at in one watch sweep.")
    watch_storage_factor: float = Field(
        default=8.0,
        gt=1,
        description="A busy thread is looked at less often once its answers take so many times its unique bytes.",
    )

    @field_validator("link_services")
    @classmethod
    def _are_link_services(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not all(_LINK_SERVICE.fullmatch(one) for one in value):
            raise ValueError("should be hosts such as bit.ly, or city.example.gov/go/, without https://")
        return value
