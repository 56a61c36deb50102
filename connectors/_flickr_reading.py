"""What the answers of Flickr's API mean. Pure; never raises, whatever JSON comes.

Flickr answers 200 also where something is wrong, and says so in the body: ``{"stat": "fail", "code": 1, …}``. Codes
from 95 on mean the same everywhere, those below what the method says.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial

from connectors import _flickr_records as records
from connectors._account_found import AccountFound, read_json, seconds, turned
from connectors._flickr_asks import Asks
from connectors.answers import NOT_MODIFIED, failure
from connectors.bodies import quarantined
from connectors.contract import Answer, Ask, JSONValue, Problem, ProblemKind, Reading, SeenRecord
from connectors.values import Json, Unreadable, ident, number, objects, part, thing

_K = ProblemKind
KNOWN: Mapping[str, frozenset[str]] = {
    kind: frozenset(names.split())
    for kind, names in {
        "photo": "cancomment comments context datetaken datetakengranularity datetakenunknown dates dateupload"
        " dateuploaded description editability farm geoperms haspeople has_stickercard height_c height_h height_k"
        " height_l height_m height_o height_z id is_mobile is_primary iscontact isfamily isfavorite isfriend ispublic"
        " last_update lastupdate license location machine_tags media media_status notes originalformat originalsecret"
        " owner ownername pathalias path_alias people permissions primary_photo publiceditability ready rotation"
        " safety_level secret server tags title url_c url_h url_k url_l url_m url_o url_z urls usage video views"
        " visibility width_c width_h width_k width_l width_m width_o width_z url_3k url_4k url_5k url_6k height_3k"
        " height_4k height_5k height_6k width_3k width_4k width_5k width_6k",
        "album": "can_comment count_comments count_photos count_videos count_views coverphoto_farm coverphoto_server"
        " date_create date_update description farm id needs_interstitial owner photos primary primary_photo_extras"
        " secret server sorting_option_id title username video videos views visibility_can_see_set",
        "comment": "_content author author_is_deleted authorname date_create datecreate datereplied iconfarm iconserver"
        " id path_alias permalink realname",
        "person": "can_buy_pro contact description dbid expire family friend gender has_adfree"
        " has_free_educational_resources has_free_standard_shipping has_stats iconfarm iconserver id"
        " ignored is_ad_free ispro location mbox_sha1sum"
        " mobileurl nsid path_alias photos photosurl pro_badge profileurl realname revcontact revfamily revfriend"
        " timezone upload_count upload_limit upload_limit_status username is_cognito_user"
        " all_rights_reserved_photos_count cognito",
    }.items()
}
#: Codes that every method has.
_EVERYWHERE: Mapping[int, Problem] = {
    **dict.fromkeys((95, 96, 97, 111, 112, 114, 115, 116),
                    Problem(_K.CONTRACT, "Flickr does not understand the question")),
    **dict.fromkeys((98, 99), Problem(_K.PERMISSION, "Flickr shows this to its owner only")),
    100: Problem(_K.SIGN_IN_EXPIRED, "Flickr does not accept the API key"),
    105: Problem(_K.TRANSIENT, "Flickr says that it is not available now"),
}  # fmt: skip
_LOGIN_FAILED = 98
_NOT_SIGNED = Problem(_K.SIGN_IN_EXPIRED, "Flickr no longer accepts what the account's owner agreed to")
_NOT_IN_TIME = (b"timestamp_refused", b"nonce_used")
_OTHER_TIME = Problem(_K.TRANSIENT, "Flickr does not take the time of this machine's clock, or saw the question before")
_NOT_THERE: Mapping[str, frozenset[int]] = {
    "identify": frozenset({1}),
    "profile": frozenset({1, 5}),
    "photo_info": frozenset({1}),
    "album_info": frozenset({1}),
    "comments": frozenset({1}),
}
"""Codes with which what a question is about is not there."""


@dataclass(slots=True)
class Found(AccountFound):
    """What one body holds."""

    @property
    def asks(self) -> Asks:
        return Asks.of(self.ask)


def read(ask: Ask, answer: Answer) -> Reading:
    """What ``answer`` means."""
    if answer.status == 304:
        return Reading(problem=NOT_MODIFIED)
    problem = failure(answer, signed_in=True)
    if problem is not None and answer.status == 401 and answer.body.startswith(b"oauth_problem="):
        passing = answer.body.removeprefix(b"oauth_problem=").startswith(_NOT_IN_TIME)
        return Reading(problem=_OTHER_TIME if passing else _NOT_SIGNED)
    if problem is not None:
        of_flickr = problem.kind in (_K.RATE, _K.TRANSIENT)
        told = f"status {answer.status}, which Flickr's API never gives"
        return Reading(problem=problem if of_flickr else Problem(_K.CONTRACT, told))
    reader = _READERS.get(ask.purpose)
    if reader is None:
        return quarantined("a question this connector never asked")
    found = Found(ask, at=answer.received_at, known=KNOWN)
    return read_json(answer, lambda body: _read(found, thing(body, "not an object"), reader))


def _read(found: Found, body: Json, reader: Callable[[Found, Json], Reading]) -> Reading:
    if body.get("stat") == "ok":
        return reader(found, body)
    code = number(body.get("code"))
    if body.get("stat") != "fail" or code is None:
        raise Unreadable("neither an answer of Flickr nor an error")
    return Reading(problem=_problem(found.ask, code))


def _problem(ask: Ask, code: int) -> Problem:
    if code == _LOGIN_FAILED and ask.authorise == "required":
        return _NOT_SIGNED
    if code in _EVERYWHERE:
        return _EVERYWHERE[code]
    if code not in _NOT_THERE.get(ask.purpose, ()):
        return Problem(_K.CONTRACT, f"Flickr refuses the question (code {code})")
    if ask.purpose == "profile":
        return Problem(_K.DEACTIVATED, "Flickr no longer knows the account: it was deleted")
    if ask.purpose == "comments" and ask.context.get("look"):
        # Its comments went with the photo. They can only be seen under it.
        return Problem(_K.UNSUPPORTED, "comments are seen only while their photo is")
    return Problem(_K.GONE, "Flickr says that it is not there")


# The account.


def _identify(found: Found, body: Json) -> Reading:
    user = thing(body.get("user"), "an answer without an account")
    facts = records.profile_facts(user, found.asks.site)
    return Reading(account=replace(facts, handle=found.asks.named.rpartition("/")[2] or facts.handle))


def _profile(found: Found, body: Json) -> Reading:
    person, asks = thing(body.get("person"), "an answer without an account"), found.asks
    facts = records.profile_facts(person, asks.site)
    if facts.platform_id != asks.account:
        return Reading(problem=Problem(_K.CONTRACT, "Flickr answered with another account"))
    found.add("person", person, "/person", lambda: records.profile_record(person, "/person", asks.site))
    return replace(found.reading(), account=facts)


def _server(found: Found, body: Json) -> Reading:
    return Reading(present=("server",))


# Lists.


def _photos(found: Found, body: Json) -> Reading:
    """The newest photos, with what they say. What was changed or commented on since the last look has another time of
    its last change; comments are asked for there, on a full look everywhere."""
    listed = thing(body.get("photos"), "an answer without photos")
    asks, since, times = found.asks, _seconds(found.before, "changed"), list[float]()
    follow = []
    for count, value in enumerate(objects(listed, "photo")):
        record = _add(found, "photo", value, f"/photos/photo/{count}")
        changed = _seconds_of(value.get("lastupdate"))
        times.append(changed or 0.0)
        if record and (asks.full or since is None or changed is None or changed >= since):
            follow.append(asks.comments(record, private=found.ask.purpose == "hidden"))
    # (whoever shows the last photo for friends to everybody leaves the list of those empty)
    none = found.ask.purpose == "hidden" and not times and _number(listed, "total") == 0
    reading = replace(found.reading(), asks=tuple(follow), none=none)
    return _paged(found, reading, listed, len(times), max(times, default=0.0))


def _add(found: Found, kind: str, value: Json, place: str) -> str | None:
    """Add one photo or album; its key."""
    asks = found.asks

    def make() -> SeenRecord:
        if kind != "photo":
            return records.album_record(value, place, asks.site, asks.account)
        return records.photo_record(value, place, asks.site, asks.account, viewers=asks.owner)

    record = found.add(kind, value, place, make)
    return None if record is None else record.key


def _albums(found: Found, body: Json) -> Reading:
    listed = thing(body.get("photosets"), "an answer without albums")
    given = objects(listed, "photoset") if "photoset" in listed else []
    keys = [_add(found, "album", value, f"/photosets/photoset/{count}") for count, value in enumerate(given)]
    commented = {one.key for one in found.records if one.counts.get("replies")}
    reading = replace(found.reading(), asks=tuple(found.asks.comments(key) for key in keys if key in commented))
    return _paged(found, reading, listed, len(given), 0.0)


def _paged(found: Found, reading: Reading, listed: Json, shown: int, changed: float) -> Reading:
    """The same with the next page, or how far it was read. ``shown``: how many entries this page has."""
    page, pages, total = (_number(listed, name) for name in ("page", "pages", "total"))
    if page is None or pages is None:
        raise Unreadable("a list that does not say which page this is")
    last = max(changed, _seconds(found.ask.context, "changed") or 0.0)
    reached = found.ask.purpose in ("photos", "hidden") and found.reached
    following = (("page", str(page + 1)),) if page < pages and not reached else None
    reading = turned(found, reading, following, total, shown, changed=last, newest=found.newest)
    if following is not None:
        return reading
    keeps = found.ask.purpose == "photos" and reading.whole and last > 0
    bookmark = {"photos": {"changed": last, "at": found.newest}} if keeps else None
    return replace(reading, whole=reading.whole and page >= pages, bookmark=bookmark)


def _seconds(given: Mapping[str, JSONValue], name: str) -> float | None:
    value = given.get(name)
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _number(value: Json, name: str) -> int | None:
    given = value.get(name)
    if isinstance(given, str) and given.isascii() and given.isdigit() and len(given) < 16:
        given = int(given)
    return number(given)


def _seconds_of(value: JSONValue) -> float | None:
    try:
        return seconds(value, "lastupdate").timestamp()
    except Unreadable:
        return None


# Single things.


def _photo(found: Found, body: Json) -> Reading:
    value, asks = thing(body.get("photo"), "an answer without a photo"), found.asks
    owner = part(value, "owner").get("nsid")
    if owner != asks.account:
        return Reading(problem=Problem(_K.CONTRACT, "Flickr answered with a photo of another account"))
    key = _add(found, "photo", value, "/photo")
    if key is not None:
        settings = (records.setting_record(value, key, "/photo"), records.permissions_record(value, key, "/photo"))
        found.records += [one for one in settings if one is not None]
    reading = found.looked()
    if key is None or found.ask.context.get("lead") is not True:
        return reading
    return replace(reading, asks=(asks.comments(key, private=records.seen_by(value) != records.EVERYBODY),))


def _album(found: Found, body: Json) -> Reading:
    _add(found, "album", thing(body.get("photoset"), "an answer without an album"), "/photoset")
    return found.looked()


def _beside(kind: str, found: Found, body: Json) -> Reading:
    """Photos or albums that are there: now known ones are looked for."""
    listed = thing(body.get(f"{kind}s"), f"an answer without {kind}s")
    given = objects(listed, kind) if kind in listed else []
    there = [f"{_KINDS[kind]}/{ident(one.get('id'), 'an entry')}" for one in given]
    none, lead = not given and _number(listed, "total") == 0, found.ask.context.get("lead") is True
    return Reading(asks=tuple(found.asks.beside(found.names("for"), there, none=none, lead=lead)))


def _comments(found: Found, body: Json) -> Reading:
    """All comments at once. Of a photo without any even the list is left out."""
    listed = thing(body.get("comments"), "an answer without comments")
    given = objects(listed, "comment") if "comment" in listed else []
    site, key = found.asks.site, found.key
    for count, value in enumerate(given):
        place = f"/comments/comment/{count}"
        found.add("comment", value, place, lambda one=value, at=place: records.comment_record(one, at, site, key))  # type: ignore[misc]
    return found.looked(whole=found.ask.listing is not None and not found.unread)


_KINDS: Mapping[str, str] = {"photo": "photo", "photoset": "album"}
_READERS: Mapping[str, Callable[[Found, Json], Reading]] = {
    "identify": _identify,
    "profile": _profile,
    "server": _server,
    "photos": _photos,
    "hidden": _photos,
    "albums": _albums,
    "photo_info": _photo,
    "album_info": _album,
    "beside_photos": partial(_beside, "photo"),
    "beside_albums": partial(_beside, "photoset"),
    "comments": _comments,
}
