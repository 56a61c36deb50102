"""What people of an invented city say. Every name, street and event is made up."""

from __future__ import annotations

import random
from dataclasses import dataclass

CITY = "Larkmere"

RESIDENTS: tuple[tuple[str, str], ...] = (
    ("amara_o", "Amara Okonedo"),
    ("ben_halvorsen", "Ben Halvorsen"),
    ("chue_vang", "Chue Vang"),
    ("dolores_m", "Dolores Marchetti"),
    ("eli_brandt", "Eli Brandt"),
    ("farah_n", "Farah Naderi"),
    ("gus_p", "Gus Pfeiffer"),
    ("hanna_l", "Hanna Lindqvist"),
    ("ivo_k", "Ivo Kovač"),
    ("jasmine_t", "Jasmine Tran"),
    ("karl_heinz", "Karl-Heinz Öhler"),
    ("lupe_r", "Lupe Rosales"),
)

_STREETS = (
    "Alder Street", "Brickyard Road", "Cooper Avenue", "Dunlin Lane", "East Quay", "Foundry Street", "Granary Row",
    "Heron Court", "Juniper Avenue", "Kestrel Road", "Lantern Street", "Millrace Drive", "Orchard Hill", "Ferry Road",
)  # fmt: skip
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
_MONTHS = ("January", "February", "March", "April", "May", "June", "September", "October", "November", "December")
_PLACES = ("Main Library", "Eastside Branch", "Riverside Branch", "Orchard Hill Branch")

_NOTICES: tuple[str, ...] = (
    "Street works: {street} is closed between {street2} and {street3} from {day}, {date}, 7 a.m., to renew the water "
    "main. Please follow the signs. #streetworks",
    "Road closure on {street}: crews repair the storm drain at number {number}. Expected to reopen {date}.",
    "The {place} is open until {hour} p.m. on {day}s from {date}. Story time for children starts at {half}. #library",
    "The {place} is closed on {date} for the replacement of its heating. Books can be returned at any branch.",
    "Common Council meets on {day}, {date}, {hour} p.m., City Hall, room {number}. On the agenda: zoning of {street}, "
    "the {year} budget, and public comment.\n\nAgenda: https://{city}.example/council/{number}",
    "SNOW EMERGENCY from {date}, {hour} p.m. Park on the even side of the street only. Towing starts at midnight. "
    "Plow map: https://{city}.example/plows?zone={number} #snow",
    "Recycling on {street} and {street2} is collected one day later this week: {day}, {date}.",
    "Hydrant flushing near {street} on {date}. Water may look brown for an hour; it is safe.",
    "Polls on {date} are open from 7 a.m. to 8 p.m. Ward {ward} votes at the {place}.",
    "A boil-water notice for {number} homes around {street} is lifted. Tests of {date} were clean.",
    "Leaf collection: ward {ward} on {date}. Rake to the edge of the street, not into it. 🍂",
    "Now hiring: {number2} lifeguards and two bus drivers. Apply by {date} at City Hall.",
)
_COMMENTS: tuple[str, ...] = (
    "Does this also concern {street}?",
    "The sign at {street} still says {date}. Which is right?",
    "Thank you for the quick work, the crew on {street} was friendly.",
    "I called three times about the light at {street} {number}. Nobody called back.",
    "How do I get to the {place} when {street} is closed?",
    "My bin at {street} {number} was not emptied. Second time this month.",
    "Will the meeting on {date} be streamed?",
    "Why is ward {ward} always last?",
    "Please fix the pothole at {street} and {street2}!!! 😡",
    "Good news for the children 🎉📚",
    "Is parking on {street} allowed again from {day} on?",
    "Who pays for this? The {year} budget said otherwise.",
    "I disagree. {street} needs trees, not parking.",
    "Same here on {street2}.",
    "No. It was {day}, I was there.",
)
_REPLIES: tuple[str, ...] = (
    "Thank you for telling us. A crew will look at {street} by {day}.",
    "Yes, until {date}. We have asked for a second sign.",
    "Please write to us with the number of your house; we will call you back.",
    "The recording will be online on {date}.",
    "We have passed this on to the department.",
)
_CORRECTIONS: tuple[str, ...] = (
    "\n\nCorrection: the date is {date}.",
    "\n\nUpdate {date}: done, open again.",
    "\n\nEdit: {street2}, not the street named first.",
    " (corrected)",
)
_HOSTILE: tuple[str, ...] = (
    "<script>alert('larkmere')</script><img src=x onerror=\"alert(1)\"> free parking",
    "\u202egnikrap eerf rof ereh kcilC\u202c \u2066hidden\u2069 end",
    "👩🏽‍🚒👨‍👩‍👧‍👦🏳️‍🌈🇺🇸 1️⃣ e\u0301 Z͑ͫ̓ͪ̂a̴l͖g̡o",
    "'; DROP TABLE records;-- \" %s {0} ${{HOME}} {{ 7*7 }}",
    "]]> &amp; &lt;b&gt; &#x41; <!-- no comment --> <![CDATA[x]]>",
    "مرحبا بكم في المدينة — שלום לעיר — 你好，市政府 — Привет — \u200b\u200d\ufeffinvisible",
    "=HYPERLINK(\"https://evil.example/\",\"Click\")\t@SUM(A1:A9)\t+1\t-1",
    "WORD " * 900 + "end of a very long comment",
)  # fmt: skip
RAW_HTML = (
    '<p onclick="alert(1)">Unclean <b>markup<p>never closed <a href="javascript:alert(2)">link</a>'
    "<style>*{display:none}</style><iframe src=//evil.example></iframe>"
)


@dataclass(frozen=True)
class Words:
    """Sentences drawn from ``draw``; the same seed gives the same sentences."""

    draw: random.Random

    def notice(self) -> str:
        """What an office announces."""
        return self._filled(self.draw.choice(_NOTICES))

    def comment(self) -> str:
        """What a resident says under it."""
        return self._filled(self.draw.choice(_COMMENTS))

    def reply(self) -> str:
        """What an office answers."""
        return self._filled(self.draw.choice(_REPLIES))

    def correction(self, text: str) -> str:
        """The text with a correction put to it."""
        return text + self._filled(self.draw.choice(_CORRECTIONS))

    def hostile(self) -> str:
        """What breaks careless programs: markup, controls, quotes, length."""
        return self.draw.choice(_HOSTILE)

    def _filled(self, pattern: str) -> str:
        street, street2, street3 = self.draw.sample(_STREETS, 3)
        return pattern.format(
            street=street, street2=street2, street3=street3,
            day=self.draw.choice(_DAYS), date=f"{self.draw.choice(_MONTHS)} {self.draw.randint(1, 28)}",
            hour=self.draw.randint(5, 9), half=f"{self.draw.randint(9, 11)}:30 a.m.", number=self.draw.randint(1, 999),
            number2=self.draw.randint(3, 12), ward=self.draw.randint(1, 9), year=self.draw.randint(2026, 2029),
            place=self.draw.choice(_PLACES), city=CITY.lower(),
        )  # fmt: skip
