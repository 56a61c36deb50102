"""What really happened: built from the acts alone, so that it can be held against what anybody claims to have seen."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from archiver.practice import acts
from archiver.practice.acts import Act, By, Profile, Visibility, Wording


@dataclass(slots=True)
class TrueRecord:
    """One post, comment, message or share through its life."""

    id: int
    kind: str
    """``post``, ``comment``, ``message`` or ``share``."""
    author: int
    created_at: datetime
    visibility: Visibility
    versions: list[tuple[datetime, Wording]]
    """Every version with the time since when it stood, oldest first."""
    parent: int | None = None
    """What it was written under; kept when that is deleted."""
    share_of: int | None = None
    mentions: tuple[int, ...] = ()
    hidden: list[tuple[datetime, datetime | None, By]] = field(default_factory=list)
    """Spans out of sight: from, until (None: still), by whom."""
    vanished_at: datetime | None = None
    vanished_by: By | None = None

    def exists_at(self, at: datetime) -> bool:
        """Whether it was written by then and not yet deleted; hidden or not."""
        return self.created_at <= at and (self.vanished_at is None or at < self.vanished_at)

    def hidden_at(self, at: datetime) -> bool:
        return any(start <= at and (end is None or at < end) for start, end, _ in self.hidden)

    def versions_until(self, at: datetime) -> list[Wording]:
        """Every version written by then, oldest first."""
        return [wording for since, wording in self.versions if since <= at]


@dataclass(frozen=True, slots=True)
class Sight:
    """What somebody could know of one record who looked at the city at certain moments only."""

    first_seen: datetime
    last_listed: datetime
    """Last look at which a list or a thread led to it."""
    last_standing: datetime
    """Last look at which asking for it directly still showed it."""
    missing_from: datetime | None
    """First look after ``first_seen`` from which on it was gone for every later look."""
    versions: tuple[Wording, ...]
    """Every version up to ``last_standing``, on a platform that tells an edit history."""


class Truth:
    """The account of everything said, changed and vanished."""

    def __init__(self, journal: Iterable[Act] = ()) -> None:
        self.records: dict[int, TrueRecord] = {}
        self.profiles: dict[int, list[tuple[datetime, Profile]]] = defaultdict(list)
        self.handles: dict[str, int] = {}
        self.official: set[int] = set()
        self._children: dict[int, list[int]] = defaultdict(list)
        self._by_author: dict[int, list[int]] = defaultdict(list)
        for act in journal:
            self.add(act)

    def add(self, act: Act) -> None:
        """Take one more act into account."""
        match act:
            case acts.Join():
                self._join(act)
            case acts.ChangeProfile():
                self.profiles[act.person].append((act.at, act.profile))
            case acts.Say() | acts.Share():
                self._said(act)
            case acts.Edit():
                self.records[act.id].versions.append((act.at, act.wording))
            case acts.Hide() | acts.Unhide():
                self._hid(act)
            case acts.Delete():
                self._vanish(act.id, act.at, act.by)
            case acts.Like() | acts.Block():
                pass

    # Queries.

    def said(self, since: datetime | None = None, until: datetime | None = None) -> list[TrueRecord]:
        """Everything written in ``since <= time < until``, in order of ids."""
        found = (record for record in self.records.values() if _within(record.created_at, since, until))
        return sorted(found, key=lambda record: record.id)

    def changed(self) -> list[TrueRecord]:
        """What has more than one version."""
        return [record for record in self.said() if len(record.versions) > 1]

    def vanished(self) -> list[TrueRecord]:
        """What was deleted."""
        return [record for record in self.said() if record.vanished_at is not None]

    def standing_at(self, at: datetime) -> set[int]:
        """Ids that the platform would show to those allowed to see them, if asked directly."""
        return {number for number in self.records if self.stands(number, at)}

    def stands(self, number: int, at: datetime) -> bool:
        record = self.records[number]
        if not record.exists_at(at) or record.hidden_at(at):
            return False
        return record.share_of is None or self.stands(record.share_of, at)

    def thread(self, root: int) -> list[TrueRecord]:
        """Everything ever written in the conversation under ``root``, itself first, parents before replies."""
        found, pending = [], [root]
        while pending:
            number = pending.pop(0)
            found.append(self.records[number])
            pending += sorted(self._children[number])
        return found

    def listed_at(self, at: datetime, person: int, *, authorised: bool = False, ancestors: bool = True) -> set[int]:
        """Ids that lists and threads of the account ``person`` lead to: its own posts, what it passed on, and the
        conversations above and below its own. ``authorised``: with its sign-in, hence also its messages, and what
        mentions it without what was said around that."""
        own = {number for number in self._by_author[person] if self.stands(number, at)}
        found = set(own)
        for number in own:
            found |= {self.records[number].share_of or number}
            found |= self._below(number, at)
            if ancestors:
                found |= self._above(number, at)
        if authorised:
            found |= {record.id for record in self._naming(person) if self.stands(record.id, at)}
        return {number for number in found if self._visible(number, person if authorised else None)}

    def sights(self, looks: Sequence[datetime], person: int, *, authorised: bool = False) -> dict[int, Sight]:
        """What looking at the account ``person`` at exactly these times, each time completely, can know."""
        listed = [self.listed_at(at, person, authorised=authorised) for at in looks]
        known = set().union(*listed)
        return {number: self._sight(number, looks, listed) for number in sorted(known)}

    # Parts.

    def _join(self, act: acts.Join) -> None:
        self.profiles[act.person].append((act.at, act.profile))
        self.handles[act.handle] = act.person
        if act.official:
            self.official.add(act.person)

    def _said(self, act: acts.Say | acts.Share) -> None:
        if isinstance(act, acts.Share):
            record = TrueRecord(act.id, "share", act.author, act.at, "public", [(act.at, Wording(""))])
            record.share_of = act.of
        else:
            kind = "message" if act.visibility == "direct" else "post" if act.parent is None else "comment"
            record = TrueRecord(act.id, kind, act.author, act.at, act.visibility, [(act.at, act.wording)], act.parent)
            record.mentions = act.mentions
        self.records[act.id] = record
        self._by_author[act.author].append(act.id)
        if record.parent is not None:
            self._children[record.parent].append(act.id)

    def _hid(self, act: acts.Hide | acts.Unhide) -> None:
        spans = self.records[act.id].hidden
        is_open = bool(spans) and spans[-1][1] is None
        if isinstance(act, acts.Hide) and not is_open:
            spans.append((act.at, None, act.by))
        elif isinstance(act, acts.Unhide) and is_open:
            start, _, by = spans[-1]
            spans[-1] = (start, act.at, by)

    def _vanish(self, number: int, at: datetime, by: By) -> None:
        self.records[number].vanished_at, self.records[number].vanished_by = at, by
        for record in self.records.values():
            if record.share_of == number and record.vanished_at is None:
                record.vanished_at, record.vanished_by = at, "platform"

    def _naming(self, person: int) -> list[TrueRecord]:
        return [record for record in self.records.values() if person in record.mentions]

    def _visible(self, number: int, viewer: int | None) -> bool:
        record = self.records[number]
        if record.visibility in ("public", "unlisted"):
            return True
        return viewer is not None and (viewer == record.author or viewer in record.mentions)

    def _below(self, number: int, at: datetime) -> set[int]:
        """What a thread shows under ``number``: a deleted comment cuts off what is under it, a hidden one does not."""
        found, pending = set(), [number]
        while pending:
            for child in self._children[pending.pop()]:
                if self.records[child].exists_at(at):
                    pending.append(child)
                    if self.stands(child, at):
                        found.add(child)
        return found

    def _above(self, number: int, at: datetime) -> set[int]:
        found: set[int] = set()
        parent = self.records[number].parent
        while parent is not None and self.records[parent].exists_at(at):
            if self.stands(parent, at):
                found.add(parent)
            parent = self.records[parent].parent
        return found

    def _sight(self, number: int, looks: Sequence[datetime], listed: list[set[int]]) -> Sight:
        seen = [at for at, ids in zip(looks, listed, strict=True) if number in ids]
        standing = [at for at in looks if at >= seen[0] and self.stands(number, at)]
        later = [at for at in looks if at > standing[-1]]
        versions = tuple(self.records[number].versions_until(standing[-1]))
        return Sight(seen[0], seen[-1], standing[-1], later[0] if later else None, versions)


def _within(at: datetime, since: datetime | None, until: datetime | None) -> bool:
    return (since is None or since <= at) and (until is None or at < until)
