"""What each platform's documentation says of how much may be asked. What only its answers tell has no number here."""

from __future__ import annotations

from datetime import timedelta

from connectors.allowances import Allowance, Counts, Renewed, Shared

_MINUTE, _HOUR, _DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)

YOUTUBE = (
    Allowance(
        "units",
        "10,000 units a day for the city's project, one for each page of a list, five for each of a live chat,"
        " 50 for a list of captions, 200 for a file of them; renewed at midnight in California.",
        Shared.APPLICATION,
        Renewed.DAILY,
        _DAY,
        limit=10_000,
        unit="units",
        zone="America/Los_Angeles",
        # A few in a sweep, and not in every one: what may be asked is still planned by ones.
        costs={"chat": 5, "captions": 50, "tracks": 50, "caption": 200},
    ),
)
"""``search.list`` (100 calls a day) and ``videos.insert`` have allowances of their own, and are never used."""

X = (
    Allowance(
        "posts",
        "3,000,000 posts a month for the city's application; each post that an answer returns is counted and paid.",
        Shared.APPLICATION,
        Renewed.MONTHLY,
        timedelta(days=31),
        limit=3_000_000,
        unit="posts",
        counts=Counts.RECORDS,
        most=100,
    ),
    Allowance(
        "window",
        "So many questions in 15 minutes to each endpoint, from 15 for messages to 5,000 for known posts; every answer"
        " says how many are left.",
        Shared.ACCOUNT,
        Renewed.TOLD,
        15 * _MINUTE,
        told=True,
        each=True,
    ),
)

_USE_CASE = Allowance(
    "usage",
    "4,800 questions a day for every person who engaged with the account; the platform tells the part that is used, by"
    " questions, processor time and time, whichever is most.",
    Shared.ACCOUNT,
    Renewed.ROLLING,
    _DAY,
    unit="thousandths",
    told=True,
    percent=True,
)
FACEBOOK = INSTAGRAM = (_USE_CASE,)
THREADS = (
    Allowance(
        "usage",
        "4,800 questions a day for every time the account's posts were shown, at least ten times; where an answer tells"
        " the part that is used, that counts.",
        Shared.ACCOUNT,
        Renewed.ROLLING,
        _DAY,
        unit="thousandths",
        told=True,
        percent=True,
    ),
)

MASTODON = (
    Allowance(
        "requests",
        "300 questions in 5 minutes, if the server has not changed it; every answer says how many are left.",
        Shared.ACCOUNT,
        Renewed.TOLD,
        5 * _MINUTE,
        limit=300,
        told=True,
    ),
)

BLUESKY = (
    Allowance(
        "requests",
        "3,000 questions in 5 minutes from this machine; every answer of the account's server says how many are left.",
        Shared.SERVER,
        Renewed.TOLD,
        5 * _MINUTE,
        limit=3_000,
        told=True,
    ),
)

REDDIT = (
    Allowance(
        "requests",
        "So many questions in ten minutes; every answer says how many are left.",
        Shared.ACCOUNT,
        Renewed.TOLD,
        10 * _MINUTE,
        told=True,
    ),
)

FLICKR = (
    Allowance(
        "requests",
        "3,600 questions an hour for the city's key; no answer says how many are left.",
        Shared.APPLICATION,
        Renewed.ROLLING,
        _HOUR,
        limit=3_600,
    ),
)

VIMEO = (
    Allowance(
        "requests",
        "So many questions as the application's plan allows; every answer says how many are left, and until when.",
        Shared.ACCOUNT,
        Renewed.TOLD,
        _MINUTE,
        told=True,
    ),
)

LINKEDIN = (
    Allowance(
        "calls",
        "So many calls a day as LinkedIn granted the application, for each endpoint and member; renewed at midnight"
        " UTC. No answer says how many are left.",
        Shared.ACCOUNT,
        Renewed.DAILY,
        _DAY,
        unit="calls",
        each=True,
    ),
)

TIKTOK = (
    Allowance(
        "requests",
        "So many questions as TikTok allows the application; no answer says how many are left.",
        Shared.APPLICATION,
        Renewed.ROLLING,
        _DAY,
    ),
)

TIKTOK_DISPLAY = (
    Allowance(
        "requests",
        "600 questions a minute to each endpoint; no answer says how many are left.",
        Shared.APPLICATION,
        Renewed.ROLLING,
        _MINUTE,
        limit=600,
        each=True,
    ),
)
