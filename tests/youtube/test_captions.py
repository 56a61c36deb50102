"""Captions of the city's videos: tracks, what is said in them, whose turn it is, what is gone, what it costs."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archiver.operations.verify import verify
from archiver.practice import faults
from archiver.practice.youtube_captions import Track
from archiver.practice.youtube_ids import video_id
from archiver.web.app import create_app
from archiver.web.server import PageServer, bind
from archiver.web.site import Site
from connectors import _limits, conformance
from connectors import _youtube_captions as captions
from connectors._youtube_asks import SERVER, SITE, Asks
from connectors.contract import ProblemKind, Reading, RecordKind, RecordRef
from connectors.values import Unreadable
from connectors.youtube import YouTube
from tests import effort, recordings
from tests.capture.house import FULL, NEW, House
from tests.capture.rebuilding import check_rebuilt
from tests.capture.secrecy import nothing_left
from tests.connectors.payloads import recorded
from tests.connectors.reading import answer
from tests.graph.scenes import GOOD
from tests.signed_in import everything
from tests.youtube.channel import KEY, TOKEN, Channel, channel
from tests.youtube.test_chat import refuses

WORDS = ["Good evening & welcome.", "Item one: <the> bridge.", "¿Preguntas?"]


@pytest.fixture
def found(house: House) -> Channel:
    return channel(house, TOKEN)


def film(found: Channel) -> int:
    found.house.later(minutes=1)
    return found.house.city.say(found.id, "Council meeting of March 2\n\nAgenda and votes.")


def key_of(track: Track) -> str:
    return captions.key_of(video_id(track.video), track.id)


def told(found: Channel, track: Track) -> list[str]:
    return [one.content["words"] for one in found.house.versions(key_of(track)) if "words" in one.content]


def asked(found: Channel, since: int = 0) -> list[str]:
    return [one.target for one in list(found.house.server.log)[since:] if "/captions" in one.target]


@pytest.mark.law("R16", "R18")
def test_tracks_are_records_with_what_is_said_and_versions_where_that_changes(found: Channel) -> None:
    house, tracks = found.house, found.house.server.youtube.tracks
    video = film(found)
    made = tracks.add(video, "en", WORDS, kind="ASR")
    ours = tracks.add(video, "es", WORDS, name="Español", draft=True)
    assert house.run(found.account, FULL).outcome == "complete"
    records = house.records()
    row = records[key_of(made)]
    assert (row.kind, row.access, row.state, row.word) == ("caption", "private", "visible", "automatic captions")
    assert row.parent_id == records[found.key_of(video)].id
    assert row.thread_id == row.id, "no comment on the video"
    assert told(found, made) == told(found, ours) == ["\n".join(WORDS)]
    assert house.versions(key_of(ours))[-1].text == "\n".join(WORDS), "what is searched"
    assert house.versions(key_of(ours))[-1].content["isDraft"] is True
    # Saved again with the same words: no version, and nothing is stored of the file.
    files = [row for row in house.exchanges() if row.purpose == "caption"]
    house.later(hours=3)
    tracks.change(ours)
    tracks.change(made, [*WORDS, "A fourth line."])
    assert house.run(found.account, FULL).outcome == "complete"
    assert [len(told(found, one)) for one in (made, ours)] == [2, 1]
    assert len([row for row in house.exchanges() if row.purpose == "caption"]) == len(files) + 1
    assert all(not run.drift for run in house.runs())
    assert verify(house.archive).ok
    check_rebuilt(house, anew=True)


@pytest.mark.law("R16")
def test_a_track_that_was_removed_is_not_returned_with_two_answers_as_evidence(found: Channel) -> None:
    house, tracks = found.house, found.house.server.youtube.tracks
    video = film(found)
    gone, kept = tracks.add(video, "en", WORDS), tracks.add(video, "es", WORDS)
    house.run(found.account, FULL)
    house.later(days=1)
    tracks.remove(gone)
    house.run(found.account, FULL)
    assert [house.records()[key_of(one)].state for one in (gone, kept)] == ["not_returned", "visible"]
    (_, last) = house.states(key_of(gone))
    purposes = {row.id: row.purpose for row in house.exchanges()}
    assert [purposes[one] for one in last.evidence] == ["tracks", "videos"]
    # The last one of a video goes as well; it comes back under the same id.
    house.later(days=1)
    tracks.remove(kept)
    assert house.run(found.account, FULL).outcome == "complete"
    assert house.records()[key_of(kept)].state == "not_returned"
    tracks.by_id[gone.id] = gone
    house.later(days=1)
    house.run(found.account, FULL)
    assert house.records()[key_of(gone)].state == "visible"


def test_of_captions_of_a_deleted_video_nothing_is_concluded(found: Channel) -> None:
    house = found.house
    video, other = film(found), film(found)
    track = house.server.youtube.tracks.add(video, "en", WORDS)
    house.run(found.account, FULL)
    house.city.delete(video)
    for _ in range(2):
        house.later(days=1)
        assert house.run(found.account, FULL).outcome in GOOD
    states = [house.records()[one].state for one in (found.key_of(video), key_of(track), found.key_of(other))]
    assert states == ["not_returned", "visible", "visible"]


def test_old_videos_take_turns_and_only_what_changed_is_downloaded(found: Channel) -> None:
    house, tracks = found.house, found.house.server.youtube.tracks
    films = [film(found) for _ in range(3)]
    made = [tracks.add(video, "en", WORDS) for video in films]
    house.later(days=30)
    house.run(found.account, FULL)
    assert asked(found) == [], "they are not of the last days"
    for _ in range(3):
        house.run(found.account, NEW)
        house.run(found.account, NEW)  # not before two hours are over
        house.later(hours=2)
    lists, files = (len([one for one in asked(found) if ("videoId" in one) == is_list]) for is_list in (True, False))
    assert (lists, files) == (3, 3)
    assert all(told(found, one) for one in made)
    # The next round: what did not change costs a list, and no file.
    tracks.change(made[1], ["Put right."])
    before, units = len(house.server.log), house.server.youtube.used
    for _ in range(3):
        house.run(found.account, NEW)
        house.later(hours=2)
    assert len([one for one in asked(found, before) if "tfmt" in one]) == 1
    assert house.server.youtube.used - units < 3 * 50 + 200 + 3 * 10
    assert [len(told(found, one)) for one in made] == [1, 2, 1]
    # A full look does not look for what had no turn: that would cost fifty units for each video.
    before = len(house.server.log)
    house.later(days=1)
    assert house.run(found.account, FULL).outcome in GOOD
    assert asked(found, before) == []


def test_what_it_costs_is_counted_as_the_platform_counts_it(found: Channel) -> None:
    house = found.house
    video = film(found)
    house.server.youtube.tracks.add(video, "en", WORDS)
    house.run(found.account, FULL)
    (allowance,) = _limits.YOUTUBE
    before = house.server.youtube.used
    house.later(days=1)
    house.server.youtube.tracks.change(house.server.youtube.tracks.of(video)[0], ["Other."])
    since = len(house.server.log)
    house.run(found.account, FULL)
    lists = [one for one in asked(found, since) if "videoId" in one]
    files = [one for one in asked(found, since) if "tfmt" in one]
    assert (len(lists), len(files)) == (1, 1)
    others = [one for one in list(house.server.log)[since:] if "/v3/" in one.target and "/captions" not in one.target]
    told = allowance.costs[captions.LIST] + allowance.costs[captions.FILE] + len(others)
    assert house.server.youtube.used - before in (told, told - before)  # (the day may have begun anew)


def test_captions_stand_under_their_video_and_are_no_answer_to_it(found: Channel) -> None:
    house = found.house
    video = film(found)
    track = house.server.youtube.tracks.add(video, "en", WORDS)
    house.city.say(found.cast.residents[0], "a comment", answering=video)
    house.run(found.account, FULL)
    records = house.records()
    pages = PageServer(create_app(Site(house.archive)), bind(house.archive.settings))
    pages.start()
    try:
        cookies = everything(house.archive)
        with httpx.Client(base_url=pages.url.rstrip("/"), timeout=60, cookies=cookies) as client:
            for key in (found.key_of(video), key_of(track)):
                page = client.get(f"/records/{records[key].id}").text
                assert ">comment, an answer<" in page
                assert ">caption<" in page
    finally:
        pages.stop()


def test_with_a_key_nobody_is_asked_for_captions(house: House) -> None:
    found = channel(house, KEY)
    house.server.youtube.tracks.add(film(found), "en", WORDS)
    for sweep in (FULL, NEW):
        assert house.run(found.account, sweep).outcome in GOOD
    assert asked(found) == []


@pytest.mark.parametrize(
    ("shut", "alter", "where"),
    [
        (True, None, ""),
        (False, refuses(403, "forbidden"), "/captions"),
        (False, faults.html_page(200), "/captions/"),
        (False, faults.cut_body(20), "/captions/"),
    ],
    ids=["a file that is not handed out", "no list", "a page of a wall", "cut"],
)
def test_what_is_not_handed_out_is_a_gap_and_deletes_nothing(
    found: Channel, shut: bool, alter: faults.Alter | None, where: str
) -> None:
    house, tracks = found.house, found.house.server.youtube.tracks
    video = film(found)
    kept = tracks.add(video, "es", WORDS)
    house.run(found.account, FULL)
    house.later(days=1)
    track = tracks.add(video, "en", WORDS, shut=shut)
    comment = house.city.say(found.cast.residents[0], "a comment", answering=video)
    if alter is not None:
        house.server.faults.add(alter, where, times=None)
    run = house.run(found.account, FULL)
    assert run.outcome == "partial"
    records = house.records()
    assert records[key_of(kept)].state == "visible"
    assert found.key_of(comment) in records
    if shut:
        assert house.versions(key_of(track))[-1].text == "Captions: en"
    house.server.faults.clear()
    track.shut = False
    house.later(days=1)
    tracks.change(track)
    assert house.run(found.account, FULL).outcome == "complete"
    assert told(found, track) == ["\n".join(WORDS)]


@pytest.mark.law("R71")
def test_no_token_is_left_anywhere(found: Channel) -> None:
    house = found.house
    house.server.youtube.tracks.add(film(found), "en", [*WORDS, f"The secret is {TOKEN}"])
    results = [house.run(found.account, sweep) for sweep in (FULL, NEW)]
    house.capture.flush(all=True)
    nothing_left(house.home, "".join(map(str, results)).encode(), TOKEN)


# What was asked for and did not come.


def _looks(found: Channel, sweeps: int) -> None:
    for _ in range(sweeps):
        found.house.later(hours=20)
        found.house.run(found.account, FULL)


@pytest.mark.parametrize("where", ["/captions/", r"/captions\?"], ids=["files", "lists"])
def test_what_was_not_handed_out_for_long_is_asked_for_once_it_is(found: Channel, where: str) -> None:
    """Nothing else would lead to it: the track does not change again."""
    house, tracks = found.house, found.house.server.youtube.tracks
    made = [tracks.add(film(found), "en", WORDS) for _ in range(2)]
    house.run(found.account, FULL)
    house.later(hours=20)
    tracks.change(made[0], ["Put right."])
    house.later(hours=3)
    house.server.faults.add(faults.server_error(503), where, times=None)
    house.run(found.account, FULL)
    for _ in range(7):
        house.later(minutes=10)
        house.run(found.account, NEW)
    house.server.faults.clear()
    _looks(found, 2)
    assert told(found, made[0]) == ["\n".join(WORDS), "Put right."]
    before = len(house.server.log)
    _looks(found, 1)
    assert not [one for one in asked(found, before) if "tfmt" in one]
    assert not captions.owed_of(_bookmark(found))


def _bookmark(found: Channel) -> dict[str, Any]:
    runs = found.house.runs()
    return {name: value for mark in runs[-1].bookmark_after.values() for name, value in mark.items()}


def test_an_old_video_whose_list_was_not_read_in_its_turn_is_read_whole_in_the_next(found: Channel) -> None:
    house, tracks = found.house, found.house.server.youtube.tracks
    track = tracks.add(film(found), "en", WORDS)
    house.later(days=30)
    house.run(found.account, FULL)
    house.server.faults.add(faults.server_error(503), r"/captions\?", times=None)
    for _ in range(7):
        house.run(found.account, NEW)
        house.later(minutes=10)
    house.server.faults.clear()
    for _ in range(3):
        house.later(hours=3)
        house.run(found.account, NEW)
    assert told(found, track) == ["\n".join(WORDS)]


def test_a_file_that_is_never_handed_out_does_not_use_up_the_quota(found: Channel) -> None:
    found.house.server.youtube.tracks.add(film(found), "en", WORDS, shut=True)
    _looks(found, 8)
    assert len([one for one in asked(found) if "tfmt" in one]) == captions.TRIES
    assert not captions.owed_of(_bookmark(found))


def test_many_tracks_and_videos_are_read_little_by_little(found: Channel) -> None:
    house, tracks = found.house, found.house.server.youtube.tracks
    films = [film(found) for _ in range(captions.LISTS + 2)]
    made = [tracks.add(films[-1], f"x-{number}", WORDS) for number in range(2 * captions.FILES + 1)]
    late = tracks.add(films[-1], "late", WORDS, status="syncing")
    counts = []
    for _ in range(4):
        before = len(house.server.log)
        _looks(found, 1)
        lists = [one for one in asked(found, before) if "videoId" in one]
        counts.append((len(lists), len(asked(found, before)) - len(lists)))
        late.status = "serving" if len(counts) == 2 else late.status
    assert counts == [
        (captions.LISTS, captions.FILES),
        (captions.LISTS, captions.FILES),
        (captions.LISTS, 2),
        (captions.LISTS, 0),
    ]
    assert all(told(found, one) == ["\n".join(WORDS)] for one in (*made, late))
    check_rebuilt(house, anew=True)


# A month of captions that come, change and go, while the service misbehaves.


def _month(found: Channel, chance: random.Random, days: int) -> Iterator[dict[str, set[tuple[str, ...]]]]:
    """Play a day, look at it; afterwards what every track ever said."""
    house, tracks = found.house, found.house.server.youtube.tracks
    ever: dict[str, set[tuple[str, ...]]] = {}
    films = [film(found)]
    for day in range(days):
        house.later(hours=20)
        films += [film(found)] if day % 3 == 0 else []
        for video in films[-4:]:
            match chance.choice(["add", "change", "save", "remove", "nothing"]):
                case "add":
                    tracks.add(video, chance.choice(["en", "es", "hmn"]), [f"{day} {video}", "&amp; <b>"])
                case "change" if tracks.of(video):
                    tracks.change(chance.choice(tracks.of(video)), [f"changed on day {day}", *WORDS])
                case "save" if tracks.of(video):
                    tracks.change(chance.choice(tracks.of(video)))
                case "remove" if tracks.of(video):
                    tracks.remove(chance.choice(tracks.of(video)))
        for track in tracks.by_id.values():
            ever.setdefault(key_of(track), set()).add(tuple(track.words))
        house.server.faults.add(chance.choice(_FAULTS), "/captions", after=chance.randint(0, 2), times=1)
        house.run(found.account, chance.choice([FULL, FULL, NEW]))
        house.server.faults.clear()
        yield ever


_FAULTS: list[faults.Alter] = [
    faults.server_error(503),
    faults.html_page(200),
    faults.html_page(404),
    faults.cut_body(90),
    refuses(403, "rateLimitExceeded"),
    refuses(404, "videoNotFound"),
    refuses(404, "captionNotFound"),
    refuses(403, "forbidden"),
]


@pytest.mark.law("R16", "R18")
@pytest.mark.parametrize("days", [6, pytest.param(30, marks=pytest.mark.long)])
def test_a_bad_month_of_captions_is_told_as_it_could_be_seen(new_house: Callable[..., House], days: int) -> None:
    found = channel(new_house(seed=11), TOKEN)
    house, tracks = found.house, found.house.server.youtube.tracks
    ever: dict[str, set[tuple[str, ...]]] = {}
    for ever in _month(found, random.Random(7), days):  # noqa: B007 - what it came to counts
        pass
    lately = [
        one
        for one in tracks.by_id.values()
        if house.city.posts[one.video].created_at > house.clock.now() - captions.LATELY
    ]
    for track in lately:
        tracks.change(track)  # (what a fault kept from being downloaded is asked for once it changes)
    for _ in range(2):
        house.later(hours=20)
        assert house.run(found.account, FULL).outcome in GOOD
    rows = {key: row for key, row in house.records().items() if row.kind == "caption"}
    assert {key_of(one) for one in lately} <= set(rows) <= set(ever)
    assert {rows[key_of(one)].state for one in lately} == {"visible"}
    stands = {key_of(one) for one in tracks.by_id.values()}
    assert {key for key, row in rows.items() if row.state != "visible"} & stands == set(), "a false deletion"
    read = {"\n".join(words) for each in ever.values() for words in each}
    for key in rows:
        words = [one.content["words"] for one in house.versions(key) if "words" in one.content]
        assert len(words) == len(set(words)), "an edit that nobody made"
        assert set(words) <= {captions.words_of(_as_file(one)) for one in read}
    assert all(told(found, one)[-1:] == ["\n".join(_shown(one))] for one in lately)
    check_rebuilt(house, anew=True)


def _shown(track: Track) -> list[str]:
    return [" ".join(line.split()) for line in track.words]


def _as_file(words: str) -> bytes:
    return Track("t", 1, "en", words.split("\n"), datetime(2026, 3, 2, tzinfo=UTC)).file


# Reading alone.

CHANNEL = "UC_x5XG1OV2P6uZZ5FSM9Ttw"
VIDEO = "oHR3wURdJ94"
ASKS = Asks(SITE, SERVER, CHANNEL, "full", owner=True)
READ = YouTube().read
_TIME = "00:00:00.000 --> 00:00:01.000"
_AT, _BEGAN = "2026-03-02T05:00:00+00:00", "2026-03-01T00:00:00+00:00"
FILE = ASKS.file(captions.key_of(VIDEO, "SwPO="), "SwPO=", {"language": "en", "trackKind": "standard"})


def test_a_recorded_list_is_read_whole_and_leads_to_its_files() -> None:
    body = json.loads(recorded("youtube/captions_by_video.json").read_bytes())
    reading = READ(ASKS.captions(VIDEO, None), answer(body))
    assert (reading.problem, reading.quarantine, reading.drift) == (None, (), ())
    assert reading.whole
    assert [one.key for one in reading.records] == [captions.key_of(VIDEO, one["id"]) for one in body["items"]]
    assert [one.kind for one in reading.records] == [RecordKind.CAPTION] * 2
    assert [one.url for one in reading.asks][
        1
    ] == f"{SERVER}/youtube/v3/captions/{body['items'][1]['id'][:-1]}%3D?tfmt=vtt"
    later = READ(ASKS.captions(VIDEO, "2020-02-01T00:00:00+00:00"), answer(body))
    assert later.asks == ()
    assert later.records == reading.records


def test_the_practice_answers_what_the_discovery_document_says(found: Channel) -> None:
    schemas = recordings.youtube()["schemas"]
    house = found.house
    track = house.server.youtube.tracks.add(film(found), "en", WORDS, kind="ASR")
    said, known = track.body["snippet"], schemas["CaptionSnippet"]["properties"]
    types = {"string": str, "boolean": bool}
    assert set(track.body) <= set(schemas["Caption"]["properties"])
    for name, value in said.items():
        assert isinstance(value, types[known[name]["type"]]), name
        assert value in known[name].get("enum", [value]), name
    methods = recordings.youtube()["resources"]["captions"]["methods"]
    key = captions.key_of(VIDEO, "SwPO=")
    asks = [(ASKS.captions(VIDEO, None), "list"), (FILE, "download"), (next(ASKS.tracks(VIDEO, [key])), "list")]
    for ask, method in asks:
        path, _, query = ask.url.removeprefix(f"{SERVER}/").partition("?")
        assert path == methods[method]["flatPath"].replace("{id}", "SwPO%3D")
        assert {one.partition("=")[0] for one in query.split("&")} <= set(methods[method]["parameters"])
    # No permission that only reads lets anybody list or download them.
    scopes = {one.rpartition("/")[2] for method in ("list", "download") for one in methods[method]["scopes"]}
    assert scopes == {"youtube.force-ssl", "youtubepartner"}


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("00:01.000 --> 00:02.000\nHello\nall\n", "Hello\nall"),
        ("NOTE not said\r\nnor this\r\n\r\n1\r\n00:01.000 --> 00:02.000\r\n<v Ann>Aye\r\n", "Aye"),
        ("STYLE\n::cue { color: red }\n\n00:00.000 --> 00:01.000 align:start\na &lt;b&gt;  c", "a <b> c"),
        (f"{_TIME}\n \none<00:00:00.500><c> two</c>\n", "one two"),
        (f"{_TIME}\nAye\n\n{_TIME}\nAye\nAye", "Aye\nAye\nAye"),
        (f"{_TIME}\nfirst\n{_TIME}\nsecond", "first\nsecond"),
        (f"{_TIME}\na&#10;&#10;b &lt;script&gt;<script>c</script>\u200f", "a b <script>c\u200f"),
        ("", ""),
        ("no time at all\n\nid\nid\n00:00.000 --> 00:01.000\nlate", "late"),
        ("NOTE not --> said\nnor this\n\nSTYLE\nnor --> this\nnor this", ""),
    ],
)
def test_what_is_said_in_a_file(body: str, words: str) -> None:
    for head in ("WEBVTT", "\ufeffWEBVTT - a title\r\nKind: captions"):
        assert captions.words_of(f"{head}\n\n{body}".encode()) == words
    reading = READ(FILE, answer(f"WEBVTT\n\n{body}".encode()))
    assert [one.content["words"] for one in reading.records] == [words]
    assert reading.records[0].text == (words or "Captions: en")


def test_what_rolls_is_taken_once_and_a_cue_may_come_right_after_the_head() -> None:
    rolling = (
        f"WEBVTT\n{_TIME}\n \none<00:00:00.500><c> two</c>\n\n{_TIME}\none two\n \n\n{_TIME}\none two\nthree".encode()
    )
    assert captions.words_of(rolling, rolling=True) == "one two\nthree"
    for kind in ("ASR", "asr"):
        said = ASKS.file(captions.key_of(VIDEO, "SwPO="), "SwPO=", {"language": "en", "trackKind": kind})
        (record,) = READ(said, answer(rolling)).records
        assert (record.text, record.content["trackKind"], record.word) == (
            "one two\nthree", "asr", "automatic captions",
        )  # fmt: skip
    assert captions.words_of(rolling).count("one two") == 3


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"1\n00:00:01,000 --> 00:00:02,000\nsrt", b"\xff\xfeW", b"WEBVTTX\n\n"]
)
def test_what_is_no_file_of_captions_is_kept_and_said(body: bytes) -> None:
    reading = READ(FILE, answer(body))
    assert reading.records == ()
    assert reading.quarantine
    with pytest.raises(Unreadable):
        captions.words_of(body)


@settings(max_examples=effort.examples(80), deadline=timedelta(seconds=2))
@given(
    st.lists(
        st.sampled_from(
            ["\n", "\r\n", "-->", "00:01.000 --> 00:02.000", "<c>", "<", ">", "&lt;", "NOTE", "a", " ", "\x00", "☃"]
        ),
        max_size=60,
    )
)
def test_no_file_breaks_it(pieces: list[str]) -> None:
    words = captions.words_of(("WEBVTT\n\n" + "".join(pieces)).encode())
    assert "\x00" not in words
    assert "\n\n" not in words


def test_a_hostile_file_is_read_in_linear_time() -> None:
    for piece in ("<", "\n \n", "&", "--> ", "NOTE\n\n", "<v "):
        captions.words_of(b"WEBVTT\n\n0 --> 1\n" + piece.encode() * 400_000)


def test_it_keeps_to_the_contract() -> None:
    track = {
        "id": "SwPO=",
        "snippet": {"language": "en", "name": "", "status": "serving", "lastUpdated": "2026-03-01T00:00:00Z"},
    }
    listed = {"kind": "youtube#captionListResponse", "items": [track]}
    turn = captions.Turn("t", "2026-03-01T00:00:00+00:00", None)
    item = {
        "kind": "youtube#playlistItemListResponse",
        "items": [{"contentDetails": {"videoId": VIDEO}}],
        "nextPageToken": "n",
    }
    asks = (ASKS.captions(VIDEO, None), *ASKS.tracks(VIDEO, [captions.key_of(VIDEO, "SwPO=")]))
    examples = [conformance.Example(ask, listed) for ask in asks]
    examples.append(conformance.Example(ASKS.turn("UU1", turn, turn.began), item))
    examples.append(conformance.Example(FILE, b"WEBVTT\n\n00:01.000 --> 00:02.000\nHello\n"))
    conformance.check_examples(YouTube(), examples[:-1])  # of text only the engine knows that it was cut off
    conformance.check_answers(YouTube(), [one.ask for one in examples], conformance.member_names(examples))
    refs = [RecordRef(captions.key_of(VIDEO, f"t{number}"), RecordKind.CAPTION) for number in range(60)]
    assert [len(ask.context["look"]) for ask in ASKS.looks(refs)] == [50, 10]
    assert not list(Asks(SITE, SERVER, CHANNEL, "look").looks(refs)), "nobody else is told"


@pytest.mark.parametrize(
    ("known", "token", "before"),
    [
        ({}, None, None),
        ({"captions": "x"}, None, None),
        ({"captions": {"at": _AT, "token": "t", "began": _BEGAN, "before": 7}}, "t", None),
        ({"captions": {"at": _AT, "token": None, "began": _BEGAN}}, None, _BEGAN),
        ({"captions": {"at": "2030-01-01T00:00:00+00:00", "token": "t" * 9999, "began": "x"}}, None, None),
    ],
)  # fmt: skip
def test_turns_go_on_where_they_were_left_whatever_the_bookmark_says(
    known: Any, token: str | None, before: str | None
) -> None:
    turn = captions.next_turn(known, datetime(2026, 3, 2, 8, tzinfo=UTC))
    assert turn is not None
    assert (turn.token, turn.before) == (token, before)


def test_a_turn_whose_place_is_no_longer_known_begins_anew(found: Channel) -> None:
    house = found.house
    for _ in range(3):
        film(found)
    house.run(found.account, NEW)
    house.run(found.account, NEW)
    house.later(hours=2)
    house.server.faults.add(refuses(400, "invalidPageToken"), "part=contentDetails&.*pageToken", times=1)
    assert house.run(found.account, NEW).outcome in GOOD
    house.later(hours=2)
    before = len(house.server.log)
    house.run(found.account, NEW)
    (turn,) = [one.target for one in list(house.server.log)[before:] if "part=contentDetails&" in one.target]
    assert "pageToken" not in turn


def _never(reading: Reading) -> bool:
    return reading.problem is not None and reading.problem.kind is ProblemKind.UNSUPPORTED


def test_a_look_under_a_video_that_went_says_nothing() -> None:
    (look,) = ASKS.tracks(VIDEO, [captions.key_of(VIDEO, "SwPO=")])
    gone = answer({"error": {"errors": [{"reason": "videoNotFound"}]}}, 404)
    assert _never(READ(look, gone))
