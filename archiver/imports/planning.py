"""What is to become of each file of an export, before anything of it is stored."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import IO

from archiver.imports.containers import PIECE, Container, Member, Unusable, Whole, readable, whole
from archiver.imports.foreign import Package, package, records
from archiver.visible import one_line
from connectors.contract import AccessClass
from connectors.exports import EXPORTS
from connectors.exports.contract import Export, Identity, Planned, Use, Why
from connectors.exports.refusals import why_not

READ_WHOLE = 64 * 2**20
"""Largest file, bytes, from which records are read where it is not stored in blocks: a rebuild holds it in memory."""
_TELLING = READ_WHOLE

Watch = Callable[[str, int, int], None]
"""Told what is being done, how far it came, and of how much."""


@dataclass(frozen=True, slots=True)
class PlannedFile:
    """One file, by its name from the root of the export."""

    name: str
    inside: str
    """Its name in the container."""
    size: int
    sha256: str
    planned: Planned


@dataclass(frozen=True, slots=True)
class Plan:
    """What an import will do."""

    container: Container
    export: Export
    whole: Whole
    identity: Identity
    files: Sequence[PlannedFile]
    package: Package | None = None
    """Of a WACZ: how it stands to what it says of itself."""
    kept_of_crawls: int = 0
    """Bytes of the records of foreign WARC files that are kept, unpacked."""

    @property
    def stored(self) -> list[PlannedFile]:
        return [one for one in self.files if one.planned.use is not Use.LEFT_OUT]

    @property
    def bytes_stored(self) -> int:
        return self.kept_of_crawls + sum(one.size for one in self.stored if not one.planned.warc)

    @property
    def left_out(self) -> dict[str, int]:
        """How many files are not stored, by the reason."""
        why = Counter(str(one.planned.why or Why.UNKNOWN) for one in self.files if one.planned.use is Use.LEFT_OUT)
        return dict(sorted(why.items()))


@dataclass(slots=True)
class _Inventory:
    listed: list[tuple[Member, str]] = field(default_factory=list)
    held: dict[str, bytes] = field(default_factory=dict)


def make_plan(
    container: Container, kind: str | None, largest_file: int, watch: Watch, stop: Callable[[], None]
) -> Plan:
    """Look through all of it once, from front to back.

    Args:
        kind: of export; None: it is recognised by its files.
        largest_file: bytes of the largest picture or video that is kept.
        stop: raises where a person asked to end.

    Raises:
        Unusable: it is no export that is known, damaged, or does not say whose it is.
    """
    members = container.members()
    export, root = _recognised(members, kind)
    names = [one.name.removeprefix(root) for one in members if one.name.startswith(root)]
    telling = {f"{root}{name}" for name in export.telling(names)}
    inventory = _inventory(container, members, telling, watch, stop)
    try:
        held = {name.removeprefix(root): body for name, body in inventory.held.items()}
        identity = export.identity(held)
    except (ValueError, KeyError) as error:
        raise Unusable(f"it does not say whose it is: {one_line(str(error), 100)}") from None
    files = [_planned(export, root, member, digest, largest_file) for member, digest in inventory.listed]
    if identity.protected:
        files = [replace(one, planned=_protected(one.planned)) for one in files]
    kept = _kept_of_crawls(container, files, watch, stop)
    own = package(held, {one.name: one.sha256 for one in files})
    return Plan(container, export, whole(container, inventory.listed), identity, files, own, kept)


def _protected(planned: Planned) -> Planned:
    """The same, for those only who may see what is private."""
    media = planned.access in (AccessClass.MEDIA, AccessClass.PRIVATE_MEDIA)
    return replace(planned, access=AccessClass.PRIVATE_MEDIA if media else AccessClass.PRIVATE)


def _recognised(members: Sequence[Member], kind: str | None) -> tuple[Export, str]:
    names = {one.name for one in members}
    if kind is not None and kind not in EXPORTS:
        raise Unusable(f"no kind of export is called {one_line(kind, 40)!r}; there are: {', '.join(EXPORTS)}")
    tried = [EXPORTS[kind]] if kind is not None else EXPORTS.values()
    found = [(export, root) for export in tried if (root := export.root(names)) is not None]
    if not found:
        why = why_not(names)
        known = "; ".join(one.title for one in tried)
        raise Unusable(why or f"it is no export that this version knows ({known})")
    if len(found) > 1:
        raise Unusable(f"it may be several kinds of export; say --kind: {', '.join(one.name for one, _ in found)}")
    return found[0]


def _inventory(
    container: Container, members: Sequence[Member], telling: set[str], watch: Watch, stop: Callable[[], None]
) -> _Inventory:
    found, total, done = _Inventory(), sum(one.size for one in members), 0
    for member, stream in container.walk(lambda _: True):
        hold = member.name in telling
        if hold and member.size > _TELLING:
            raise Unusable(f"{one_line(member.name, 80)!r} is too large to say whose it is")
        digest, held = sha256(), bytearray()
        for piece in pieces(container, stream, member):
            stop()
            digest.update(piece)
            if hold:
                held += piece
            done += len(piece)
            watch("Looking through", done, total)
        found.listed.append((member, digest.hexdigest()))
        if hold:
            found.held[member.name] = bytes(held)
    return found


def pieces(container: Container, stream: IO[bytes], member: Member) -> Iterator[bytes]:
    """A file in pieces.

    Raises:
        Unusable: it is damaged, or not as large as it said.
    """
    size = 0
    with readable(container.path):
        while piece := stream.read(PIECE):
            size += len(piece)
            if size > member.size:
                break
            yield piece
    if size != member.size:
        raise Unusable(f"{one_line(member.name, 80)!r} is not as large as it says")


def _kept_of_crawls(container: Container, files: Sequence[PlannedFile], watch: Watch, stop: Callable[[], None]) -> int:
    """How many bytes of WARC files are to be kept. One that breaks off in the middle, or is made to fill the disk, is
    found here, before anything of it is stored.

    Raises:
        Unusable: one is.
    """
    kept = done = 0
    crawls = {one.inside: one for one in files if one.planned.warc}
    total = sum(one.size for one in crawls.values())
    for member, stream in container.walk(crawls.__contains__):
        watch("Checking crawls", done, total)
        packed = member.size if member.name.endswith(".gz") else None
        for record in records(stream, packed=packed, check_stop=stop):
            stop()
            kept += len(record.content)
        done += member.size
    return kept


def _planned(export: Export, root: str, member: Member, digest: str, largest_file: int) -> PlannedFile:
    if not member.name.startswith(root):
        return PlannedFile(member.name, member.name, member.size, digest, Planned(Use.LEFT_OUT, why=Why.UNKNOWN))
    name = member.name.removeprefix(root)
    planned = export.plan(name)
    # What is personal in a file that is not read whole cannot be told from the rest.
    most = largest_file if planned.use is Use.FILE else READ_WHOLE if planned.cut else None
    if most is not None and member.size > most:
        planned = Planned(Use.LEFT_OUT, why=Why.TOO_LARGE)
    elif planned.use is Use.READ and not (planned.elements or planned.warc) and member.size > READ_WHOLE:
        planned = replace(planned, use=Use.KEPT, why=Why.TOO_LARGE)
    return PlannedFile(name, member.name, member.size, digest, planned)
