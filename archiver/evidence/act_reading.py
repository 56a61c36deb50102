"""Reading the acts in the object store, each checked against the log: a forged, missing, reordered or repeated one is
found, whatever else the store holds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from sqlalchemy import Connection, select

from archiver.errors import IntegrityError, MissingKey
from archiver.evidence.act import LARGEST, PREFIX, SealedAct, UnknownKey, key_of, open_act, parse_key
from archiver.evidence.act_types import ActKind
from archiver.evidence.entry import read_entry
from archiver.evidence.models import ActFile, Event
from archiver.sealing import KeyFile
from archiver.storage.protocol import NoSuchObject, ObjectStore, Stored, open_first


@dataclass(frozen=True, slots=True)
class LoggedAct:
    """What the log says of an act."""

    number: int
    id: str
    commitment: str
    position: int | None
    """Of its entry; None: it has none yet."""


@dataclass(frozen=True, slots=True)
class FoundAct:
    """One act that is in the store, and is what the log says."""

    sealed: SealedAct
    position: int | None
    """Of its entry in the log; None: it was put, and its entry was lost with the database."""
    version_id: str | None


@dataclass(slots=True)
class ActProblem:
    """One thing that is not as it must be."""

    word: str
    """``changed``, ``missing`` or ``untracked``."""
    key: str
    detail: str
    logged: LoggedAct | None = None


@dataclass(slots=True)
class ActReader:
    """Reads all acts of an archive once, in their order.

    Args:
        waiting: files of acts that are not in the store yet, by the act's id.
    """

    store: ObjectStore
    key_file: KeyFile
    archive: str
    waiting: Mapping[str, bytes] = field(default_factory=dict)
    problems: list[ActProblem] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    _sealed_with_lost_keys: list[ActProblem] = field(default_factory=list)
    _restated: int = 0

    def read(self, logged: Mapping[str, LoggedAct]) -> Iterator[FoundAct]:
        """Every act that can be believed; what else there is is in :attr:`problems` when it has ended.

        Raises:
            MissingKey, SettingsError: there are acts, and the key file is gone or open to others.
            StoreUnavailable: the store does not answer.
        """
        self._check_order(logged)
        seen: set[str] = set()
        keys: Mapping[str, bytes] | None = None
        for key, known, stored in self._files(logged):
            keys = self._keys() if keys is None else keys
            found = self._open(key, keys, known, None if stored else self.waiting.get(known.id if known else ""))
            seen.add(key.rpartition("-")[2])
            if found is not None:
                version = stored.version_id if stored else None
                yield FoundAct(found, None if known is None else known.position, version)
        for one in logged.values():
            if one.id not in seen:
                self._add("missing", key_of(one.number, one.id), "the log names this act", one)
        self._judge_lost_keys()

    def _files(self, logged: Mapping[str, LoggedAct]) -> Iterator[tuple[str, LoggedAct | None, Stored | None]]:
        """Key of each file that may be believed, what the log says of it, and the object; those that wait come last."""
        last = max((one.number for one in logged.values()), default=0)
        stored_ids = set()
        for stored in self.store.list(PREFIX):
            number, act_id = parse_key(stored.key) or (0, "")
            known = logged.get(act_id)
            if (number != last + 1) if known is None else (number != known.number):
                self._add("untracked", stored.key, "the log names no such act")
                continue
            last = max(last, number)
            stored_ids.add(act_id)
            yield stored.key, known, stored
        waiting = [logged[one] for one in self.waiting.keys() - stored_ids if one in logged]
        for one in sorted(waiting, key=lambda act: act.number):  # (what somebody is called may be said twice)
            yield key_of(one.number, one.id), one, None

    def _keys(self) -> Mapping[str, bytes]:
        try:
            return self.key_file.keys()
        except MissingKey as error:
            raise MissingKey(
                f"{error}; what only acts tell of cannot be restored without it"
                " (`archiver index rebuild --without-acts` restores the rest)"
            ) from None

    def _check_order(self, logged: Mapping[str, LoggedAct]) -> None:
        """The log names the acts in the order of their numbers, without a gap."""
        placed = [one for one in logged.values() if one.position is not None]
        for expected, one in enumerate(sorted(placed, key=lambda one: one.position or 0), 1):
            if one.number != expected:
                said = f"the log names act {one.number} where act {expected} belongs"
                self._add("changed", key_of(one.number, one.id), said)
                return

    def _open(
        self, key: str, keys: Mapping[str, bytes], known: LoggedAct | None, waiting: bytes | None
    ) -> SealedAct | None:
        try:
            found = open_act(stored_act(self.store, key) if waiting is None else waiting, self.archive, key, keys)
        except UnknownKey as error:
            self._sealed_with_lost_keys.append(ActProblem("missing", key, str(error), known))
            return None
        except (IntegrityError, NoSuchObject) as error:
            self._add("changed", key, str(error), known)
            return None
        if known is not None and (found.act.number, found.commitment) != (known.number, known.commitment):
            self._add("changed", key, "it is not the act that the log commits to", known)
            return None
        if found.act.kind == ActKind.ACTS_RESTATED:
            self._restated = max(self._restated, int(found.act.facts["through"]))
        return found

    def _judge_lost_keys(self) -> None:
        lost = self._sealed_with_lost_keys
        passed = [one for one in lost if one.logged is not None and one.logged.number <= self._restated]
        self.problems += [one for one in lost if one not in passed]
        if passed:
            self.remarks.append(f"{len(passed)} acts under a lost key were said anew by later ones")

    def _add(self, word: str, key: str, detail: str, logged: LoggedAct | None = None) -> None:
        self.problems.append(ActProblem(word, key, detail, logged))


def stored_act(store: ObjectStore, key: str) -> bytes:
    """The file of an act in the store; of one that is too long to be one, no more than shows it."""
    with open_first(store, key) as file:
        return file.read(LARGEST + 1)


def overtaken_acts(connection: Connection, logged: Mapping[str, LoggedAct]) -> list[str]:
    """Acts done in a database that was set back, where the log in the store has given their numbers to others: they,
    and whatever waits after them, in the order in which they were done."""
    placed = {one.number for one in logged.values() if one.position is not None}
    waiting = [one for one in logged.values() if one.position is None]
    if not any(one.number in placed for one in waiting):
        return []
    query = select(Event.subject_id).where(Event.type == "act.recorded", Event.position.is_(None))
    mine = {one.id for one in waiting} & waiting_acts(connection).keys()
    return [act_id for act_id in connection.execute(query.order_by(Event.arrival)).scalars() if act_id in mine]


def waiting_acts(connection: Connection) -> dict[str, bytes]:
    """Files of acts that are not in the store yet, by the act's id."""
    query = select(ActFile.id, ActFile.sealed).where(ActFile.sealed.is_not(None))
    return {row.id: row.sealed for row in connection.execute(query)}


def logged_acts(connection: Connection) -> dict[str, LoggedAct]:
    """Every act that the database's copy of the log names, by id.

    Raises:
        IntegrityError: it names one twice.
    """
    query = select(Event.position, Event.subject_id, Event.body).where(Event.type == "act.recorded")
    found: dict[str, LoggedAct] = {}
    for position, act_id, body in connection.execute(query.order_by(Event.position)):
        data = read_entry(body).data
        if act_id in found:
            raise IntegrityError(f"the log names the act {act_id} twice")
        found[act_id] = LoggedAct(data["number"], act_id, data["commitment"], position)
    return found
