"""A second verifier of evidence bundles, written from ``docs/evidence-format.md`` alone, with no code of the program.

Takes the files of a bundle as a mapping; what holds comes back as a list of statements, anything else is refused.
"""

from __future__ import annotations

import hashlib
import json
import re
import zlib
from base64 import b32encode, b64decode, b64encode, urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

Files = Mapping[str, bytes]


class Refused(Exception):  # noqa: N818 - named as the cause
    """The bundle is not to be relied on."""


def load(folder: Path) -> dict[str, bytes]:
    files = {}
    for path in folder.rglob("*"):
        if path.is_symlink() or not (path.is_dir() or path.is_file()):
            raise Refused("not a plain file")
        if path.is_file():
            files[path.relative_to(folder).as_posix()] = path.read_bytes()
    return files


def statements(files: Files, keys: Sequence[str]) -> list[tuple[str, ...]]:
    """What the bundle proves.

    Raises:
        Refused: something does not hold.
    """
    try:
        return list(_Bundle(files, keys).read())
    except Refused:
        raise
    except (LookupError, TypeError, ValueError, AttributeError, RecursionError, ArithmeticError, zlib.error) as error:
        raise Refused(f"malformed: {error!r}") from error


def that(holds: object) -> None:
    if not holds:
        raise Refused("it does not hold")


# Bytes.


def h(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()


def u32(number: int) -> bytes:
    return number.to_bytes(4, "big")


def utf8(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def b64(text: str) -> bytes:
    found = b64decode(text)
    that(b64encode(found).decode() == text)
    return found


def sha(text: Any) -> bytes:
    that(type(text) is str and len(text) == 64 and text == text.lower())
    found = bytes.fromhex(text)
    that(found.hex() == text)
    return found


class Literal:
    """A number as written."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Literal) and other.text == self.text

    def __hash__(self) -> int:
        return hash(self.text)


def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    that(len({name for name, _ in pairs}) == len(pairs))
    return dict(pairs)


def never(_: str) -> Any:
    raise Refused("such a number has no place here")


def integer(text: str) -> int:
    that(len(text) < 18)
    found = int(text)
    that(abs(found) < 2**53)
    return found


def canonical(content: bytes, *, escaped: bool = False) -> Any:
    value = json.loads(
        content.decode(), object_pairs_hook=once, parse_float=never, parse_int=integer, parse_constant=never
    )
    again = json.dumps(value, sort_keys=True, ensure_ascii=escaped, separators=(",", ":"))
    that(again.encode() == content)
    return value


def exactly(value: Any, names: str) -> list[Any]:
    that(type(value) is dict and value.keys() == set(names.split()))
    return [value[name] for name in names.split()]


# Trees.


def split(size: int) -> int:
    k = 1
    while k * 2 < size:
        k *= 2
    return k


def tree_root(leaves: list[bytes]) -> bytes:
    if len(leaves) == 1:
        return leaves[0]
    k = split(len(leaves))
    return h(b"\x01", tree_root(leaves[:k]), tree_root(leaves[k:]))


def root_with(size: int, shown: dict[int, bytes], take: Callable[[], bytes]) -> bytes:
    """The root of a tree of which some leaves are known; the rest is taken from a path."""
    if size == 1:
        return shown[0]
    k = split(size)
    left = {at: leaf for at, leaf in shown.items() if at < k}
    right = {at - k: leaf for at, leaf in shown.items() if at >= k}
    if left:
        first = root_with(k, left, take)
        return h(b"\x01", first, root_with(size - k, right, take) if right else take())
    second = root_with(size - k, right, take)
    return h(b"\x01", take(), second)


def all_of(size: int, shown: dict[int, bytes], path: list[bytes]) -> bytes:
    that(shown and min(shown) >= 0 and max(shown) < size)
    waiting = iter(path)
    root = root_with(size, shown, lambda: next_of(waiting))
    that(next(waiting, None) is None)
    return root


def next_of(waiting: Any) -> bytes:
    found = next(waiting, None)
    if found is None:
        raise Refused("the path is too short")
    assert isinstance(found, bytes)
    return found


def consistent(first: int, second: int, old: bytes, new: bytes, path: list[bytes]) -> None:
    """By the recursive definition (RFC 9162 §2.1.4.1): both roots come out of the path."""
    that(0 < first <= second)
    waiting = list(path)

    def both(m: int, n: int, whole: bool) -> tuple[bytes, bytes]:
        if m == n:
            if whole:
                return old, old
            that(waiting)
            return (waiting[0], waiting.pop(0))
        k = split(n)
        if m <= k:
            before, after = both(m, k, whole)
            that(waiting)
            return before, h(b"\x01", after, waiting.pop(0))
        before, after = both(m - k, n - k, False)
        that(waiting)
        left = waiting.pop(0)
        return h(b"\x01", left, before), h(b"\x01", left, after)

    that(both(first, second, True) == (old, new))
    that(not waiting)


# Signed notes and proofs of the log.


def verifier(text: str) -> tuple[str, bytes, Ed25519PublicKey]:
    name, rest = text.rsplit("+" + text.split("+", 2)[1] + "+", 1)[0], text.split("+", 2)
    key = b64(rest[2])
    that(len(key) == 33 and key[0] == 1 and h(name.encode(), b"\n", key)[:4].hex() == rest[1])
    return name, h(name.encode(), b"\n", key)[:4], Ed25519PublicKey.from_public_bytes(key[1:])


def checkpoint(note: bytes, keys: Sequence[str]) -> tuple[str, int, bytes]:
    whole = note.decode()
    that(not any(ord(character) < 32 and character != "\n" for character in whole))
    text, _, tail = whole.rpartition("\n\n")
    that(text and tail.endswith("\n"))
    text += "\n"
    known = {(name, key_id): key for name, key_id, key in map(verifier, keys)}
    good = 0
    for line in tail[:-1].split("\n"):
        dash, name, encoded = line.split(" ")
        that(dash == "\u2014" and name and "+" not in name)
        signature = b64(encoded)
        that(len(signature) > 4)
        if (name, signature[:4]) in known:
            try:
                known[name, signature[:4]].verify(signature[4:], text.encode())
            except InvalidSignature:
                raise Refused("a wrong signature") from None
            good += 1
    that(good)
    origin, size, root, *extensions = text[:-1].split("\n")
    that(origin and size.isascii() and size.isdigit() and str(int(size)) == size and len(size) < 17 and all(extensions))
    that(len(b64(root)) == 32)
    return origin, int(size), b64(root)


def log_proof(content: bytes) -> tuple[int, list[bytes], bytes]:
    head, _, note = content.partition(b"\n\n")
    magic, index, *path = head.decode("ascii").split("\n")
    that(magic == "c2sp.org/tlog-proof@v1" and re.fullmatch("index (0|[1-9][0-9]{0,15})", index))
    hashes = [b64(line) for line in path]
    that(all(len(one) == 32 for one in hashes))
    return int(index[6:]), hashes, note


def lines_of(content: bytes) -> list[bytes]:
    *lines, last = content.decode("ascii").split("\n")
    that(last == "")
    return [b64(line) for line in lines]


# Salted trees.


def label(name: str) -> bytes:
    return u32(len(utf8(name))) + utf8(name)


def kind(value: Any) -> bytes:
    match value:
        case bytes():
            return b"b" + value
        case Literal():
            return b"n" + value.text.encode()
        case str():
            return b"s" + utf8(value)
        case True | False | None:
            return {True: b"t", False: b"f", None: b"z"}[value]
        case dict():
            return b"o"
        case _:
            return b"a"


def commit(value: Any, seed: bytes, name: str = "") -> bytes:
    if isinstance(value, dict | list) and value:
        some = list(value.items()) if isinstance(value, dict) else [("", one) for one in value]
        seeds = hashlib.shake_256(b"\x20" + seed).digest(32 * len(some))
        inner = [commit(one, seeds[32 * at :][:32], key) for at, (key, one) in enumerate(some)]
        if isinstance(value, dict):
            return h(b"\x12", label(name), u32(len(inner)), *inner)
        return h(b"\x13", label(name), u32(len(inner)), tree_root([h(b"\x00", one) for one in inner]))
    return h(b"\x10", seed, label(name), kind(value))


def literal(text: str) -> Any:
    that(text.isascii())
    value = json.loads(text, object_pairs_hook=once, parse_int=Literal, parse_float=Literal, parse_constant=never)
    that(spelled(value) == text)
    return value


def spelled(value: Any) -> str:
    if isinstance(value, Literal):
        return value.text
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(name)}:{spelled(one)}" for name, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(spelled(one) for one in value) + "]"
    return json.dumps(value)


HIDDEN = object()


class Proof:
    """A proof, as the partial value it shows: objects as ``{name: …}``, arrays as ``{index: …}``."""

    def __init__(self, content: bytes) -> None:
        scheme, tree = exactly(canonical(content, escaped=True), "scheme tree")
        that(scheme == "cra-tree/1")
        root, self.value = self.step(tree, "")
        self.root = f"cra-tree/1:{root.hex()}"
        that("count" in tree)
        at = {row[0]: row[1] for row in tree["members"]}
        exchange = {
            0: ("facts",),
            1: ("request_sha256",),
            2: ("response_sha256",),
            3: ("body", "slices", "body_sha256"),
        }
        if tree["count"] == 1:
            that(at == {0: "run_record"})
        else:
            that(tree["count"] == 4 and at and all(name in exchange[index] for index, name in at.items()))

    def step(self, step: Any, name: str) -> tuple[bytes, Any]:
        that(type(step) is dict)
        if "json" in step:
            seed, text = exactly(step, "seed json")
            value = literal(text)
            return commit(value, sha(seed), name), value
        if "raw" in step:
            seed, text = exactly(step, "seed raw")
            raw = urlsafe_b64decode(text + "=" * (-len(text) % 4))
            that(urlsafe_b64encode(raw).rstrip(b"=").decode() == text)
            return commit(raw, sha(seed), name), raw
        count = step["count"]
        that(type(count) is int and 0 < count < 2**32)
        return self.members(step, count, name) if "members" in step else self.elements(step, count, name)

    def members(self, step: Any, count: int, name: str) -> tuple[bytes, Any]:
        _, rows, hidden = exactly(step, "count members hidden")
        that(type(rows) is list and type(hidden) is list and rows and len(rows) + len(hidden) == count)
        rising([row[0] for row in rows], count)
        slots: list[bytes | None] = [None] * count
        shown: dict[Any, Any] = {}
        for index, key, below in rows:
            that(type(key) is str and key not in shown)
            slots[index], shown[key] = self.step(below, key)
        rest = iter(map(sha, hidden))
        filled = [next(rest) if slot is None else slot for slot in slots]
        return h(b"\x12", label(name), u32(count), *filled), Part(shown, count)

    def elements(self, step: Any, count: int, name: str) -> tuple[bytes, Any]:
        _, rows, path = exactly(step, "count elements path")
        that(type(rows) is list and type(path) is list and rows)
        rising([row[0] for row in rows], count)
        below = {index: self.step(one, "") for index, one in rows}
        root = all_of(count, {index: h(b"\x00", found) for index, (found, _) in below.items()}, list(map(sha, path)))
        shown = {index: value for index, (_, value) in below.items()}
        return h(b"\x13", label(name), u32(count), root), Part(shown, count)

    def __getitem__(self, path: str) -> Any:
        found = self.get(path)
        that(found is not HIDDEN)
        return found

    def get(self, path: str) -> Any:
        value = self.value
        for part in path.split("."):
            value = child(value, part)
            if value is HIDDEN:
                return HIDDEN
        return value


class Part(dict[Any, Any]):
    """Some children of a container."""

    def __init__(self, shown: dict[Any, Any], count: int) -> None:
        super().__init__(shown)
        self.count = count


def child(value: Any, part: str) -> Any:
    """A child by name, or by index where the container is an array."""
    if isinstance(value, list):
        return value[int(part)] if part.isdigit() and int(part) < len(value) else HIDDEN
    if isinstance(value, Part) and value and type(next(iter(value))) is int:
        return value.get(int(part), HIDDEN) if part.isdigit() else HIDDEN
    return value.get(part, HIDDEN) if isinstance(value, dict) else HIDDEN


def rising(indices: list[Any], count: int) -> None:
    that(all(type(index) is int for index in indices))
    that(indices == sorted(set(indices)) and indices[0] >= 0 and indices[-1] < count)


def derived(prefix: str, *parts: str) -> str:
    content = b"cra/v1/" + prefix.encode() + b"\0" + b"".join(u32(len(utf8(part))) + utf8(part) for part in parts)
    return f"{prefix}_{b32encode(h(content)[:20]).decode().lower()}"


# The bundle.

MANIFEST = "data/manifest.json"
MANIFEST_NAMES = "format bundle salt archive kind log at software chosen counts records exchanges runs stamps files"


class _Bundle:
    def __init__(self, files: Files, keys: Sequence[str]) -> None:
        self.files = files
        self.keys = keys
        self.manifest: dict[str, Any] = {}
        self.proofs: dict[str, Proof] = {}
        self.entries: dict[str, tuple[int, bytes]] = {}

    def read(self) -> Any:
        self.bag()
        self.manifest = canonical(self.files[MANIFEST])
        self.listed()
        self.log, self.size, self.root = checkpoint(self.files["data/log/checkpoint"], self.keys)
        that(self.log == self.manifest["log"])
        self.exported()
        for one in self.manifest["exchanges"]:
            self.exchange(*exactly(one, "id segment url_shown whole"))
        for one in self.manifest["runs"]:
            self.run(*exactly(one, "name run part access"))
        for one in self.manifest["stamps"]:
            self.stamp(*exactly(one, "size tokens entries"))
        for one in self.manifest["records"]:
            drawn = " pictures" if self.manifest["format"] in ("records-evidence/2", "records-evidence/3") else ""
            yield from self.record(*exactly(one, f"id file occurrences media states{drawn}"))

    def bag(self) -> None:
        name = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._=-]*(/[A-Za-z0-9_][A-Za-z0-9._=-]*)*")
        that(all(name.fullmatch(path) for path in self.files))
        payload = sorted(path for path in self.files if path.startswith("data/"))
        tags = sorted(self.files.keys() - set(payload) - {"tagmanifest-sha256.txt"})
        for which, paths in (("manifest-sha256.txt", payload), ("tagmanifest-sha256.txt", tags)):
            listed = "".join(f"{h(self.files[path]).hex()}  {path}\n" for path in paths)
            that(self.files[which].decode() == listed)
        that(self.files["bagit.txt"] == b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n")

    def listed(self) -> None:
        m, files = self.manifest, self.files
        exactly(m, MANIFEST_NAMES)
        that(
            m["format"] in ("records-evidence/1", "records-evidence/2", "records-evidence/3")
            and m["kind"] in ("real", "practice")
            and all(type(m[name]) is str for name in MANIFEST_NAMES.split()[:8])
        )
        that(re.fullmatch("bu_[a-z2-7]{32}", m["bundle"]))
        rows = [exactly(one, "path sha256 size") for one in m["files"]]
        later = {MANIFEST, "bagit.txt", "bag-info.txt", "manifest-sha256.txt", "tagmanifest-sha256.txt"}
        later |= {path for path in files if path.startswith("data/log/")}
        that(all(type(size) is int for _, _, size in rows) and len({path for path, _, _ in rows}) == len(rows))
        found = {path: (h(files[path]).hex(), len(files[path])) for path in files.keys() - later}
        that({path: (digest, size) for path, digest, size in rows} == found)
        that(files.keys() == self.names())
        payload = [content for path, content in files.items() if path.startswith("data/")]
        info = {
            "Bag-Software-Agent": m["software"],
            "Bagging-Date": m["at"][:10],
            "External-Identifier": m["bundle"],
            "Payload-Oxum": f"{sum(map(len, payload))}.{len(payload)}",
        }
        that(files["bag-info.txt"].decode() == "".join(f"{name}: {value}\n" for name, value in info.items()))
        self.counted()

    def names(self) -> set[str]:
        """All files there must be."""
        m = self.manifest
        fixed = f"{MANIFEST} bagit.txt bag-info.txt manifest-sha256.txt tagmanifest-sha256.txt verify.py"
        found = {*fixed.split(), "HOW-TO-VERIFY.txt", "data/log/checkpoint", f"data/log/{m['bundle']}.entry"}
        found |= {path for path in self.files if re.fullmatch(r"keys/(log\.txt|tsa-[a-z0-9_-]{1,30}\.pem)", path)}
        proven = [m["bundle"]]
        for one in m["exchanges"]:
            that(type(one["whole"]) is bool)
            ends = ("entry", "proof.json", "warc.gz")[: 3 if one["whole"] else 2]
            found |= {f"data/exchanges/{one['id']}.{end}" for end in ends}
            proven.append(one["id"])
        for one in m["runs"]:
            found |= {f"data/runs/{one['name']}.{end}" for end in ("entry", "proof.json")}
            proven.append(one["name"])
        for one in m["records"]:
            that(one["file"] == f"data/records/{one['id']}/record.json")
            for medium in one["media"]:
                path = f"data/records/{one['id']}/{medium['id']}"
                that(re.fullmatch(re.escape(path) + r"(\.[a-z0-9]{1,5})?", medium["file"]))
            found |= {one["file"], *(medium["file"] for medium in one["media"])}
            for picture in one.get("pictures", ()):
                that(picture["file"] == f"data/records/{one['id']}/drawn-{picture['exchange']}.png")
                found.add(picture["file"])
        for one in m["stamps"]:
            folder = f"data/stamps/{one['size']:020d}"
            found |= {f"{folder}/checkpoint", f"data/log/{one['size']:020d}.consistency"}
            found |= {f"{folder}/{token['service']}.tsr" for token in one["tokens"]}
            found |= {f"{folder}/{name}.tlog-proof" for name in one["entries"]}
        return found | {f"data/log/{name}.tlog-proof" for name in proven}

    def counted(self) -> None:
        m = self.manifest
        counts = {
            "records": len(m["records"]),
            "exchanges": len(m["exchanges"]),
            "versions": sum(len({one["version"] for one in record["occurrences"]}) for record in m["records"]),
            "media": sum(len(record["media"]) for record in m["records"]),
        }
        that(m["counts"] == counts and all(type(count) is int for count in m["counts"].values()))
        for rows, name in ((m["records"], "id"), (m["exchanges"], "id"), (m["runs"], "name"), (m["stamps"], "size")):
            that(len({row[name] for row in rows}) == len(rows))
        *_, asked, left_out = exactly(m["chosen"], "by query reading statement asked left_out")
        that(type(asked) is int and type(left_out) is list and asked == len(m["records"]) + len(left_out))

    def entry(self, name: str, path: str, types: Sequence[str], subject: str) -> dict[str, Any]:
        body = self.files[path]
        that(len(body) <= 65_535)
        index, audit, note = log_proof(self.files[f"data/log/{name}.tlog-proof"])
        that(note == self.files["data/log/checkpoint"])
        that(all_of(self.size, {index: h(b"\x00", body)}, audit) == self.root)
        said = canonical(body)
        exactly(said, "v log id at type actor subject data")
        that(said["v"] == 1 and said["log"] == self.log and said["type"] in types and said["subject"]["id"] == subject)
        self.entries[name] = (index, body)
        data = said["data"]
        assert isinstance(data, dict)
        return data

    def exported(self) -> None:
        bundle = self.manifest["bundle"]
        said = self.entry(bundle, f"data/log/{bundle}.entry", ("evidence.exported",), bundle)
        whole = len([one for one in self.manifest["exchanges"] if one["whole"]])
        that(said == {"manifest": h(self.files[MANIFEST]).hex(), "whole": whole, **self.manifest["counts"]})

    def exchange(self, own: str, segment: str, url_shown: bool, whole: bool) -> None:
        said = self.entry(own, f"data/exchanges/{own}.entry", ("exchange.archived",), own)
        proof = Proof(self.files[f"data/exchanges/{own}.proof.json"])
        that(proof.root == said["commitment"])
        run = proof["facts.run"]
        that((run, proof["facts.account"], segment) == (said["run"], said["account"], said["segment"]))
        that(proof["facts.exchange"] == own == derived("ex", run, proof["facts.ordinal"].text))
        that(type(url_shown) is bool and url_shown == (proof.get("facts.url") is not HIDDEN))
        that(proof["facts.received_at"] and proof.get("facts.status") is not HIDDEN)
        if whole:
            that(block_digest(self.files[f"data/exchanges/{own}.warc.gz"]) == proof["response_sha256"])
        self.proofs[own] = proof

    def run(self, name: str, run: str, part: int, access: str) -> None:
        that(name == f"{run}-{part}-{access}" and type(part) is int)
        said = self.entry(name, f"data/runs/{name}.entry", ("run.recorded", "run.finished"), run)
        proof = Proof(self.files[f"data/runs/{name}.proof.json"])
        that(said["part"] == part and said["commitments"][access] == proof.root)
        that(proof["run_record.run"] == run)
        self.proofs[name] = proof

    def stamp(self, size: int, tokens: Any, entries: list[str]) -> None:
        folder = f"data/stamps/{size:020d}"
        note = self.files[f"{folder}/checkpoint"]
        log, found, root = checkpoint(note, self.keys)
        that(log == self.log and found == size)
        for token in tokens:
            exactly(token, "service time")
        consistent(size, self.size, root, self.root, lines_of(self.files[f"data/log/{size:020d}.consistency"]))
        for name in entries:
            index, path, inside = log_proof(self.files[f"{folder}/{name}.tlog-proof"])
            that(inside == note and index == self.entries[name][0])
            that(all_of(size, {index: h(b"\x00", self.entries[name][1])}, path) == root)

    def record(self, own: str, file: str, occurrences: Any, media: Any, states: Any, drawn: Any = ()) -> Any:
        reading = json.loads(self.files[file], object_pairs_hook=once, parse_constant=never)
        that(reading["id"] == own and occurrences)
        for one in occurrences:
            exchange, position, _ = exactly(one, "exchange position version")
            that(type(position) is int)
            proof = self.proofs[exchange]
            key, place = proof[f"facts.records.{position}"]
            that(derived("rc", proof["facts.account"], key) == own)
            self.shown_at(proof, place)
            yield ("record", own, exchange, proof["facts.received_at"])
        for one in media:
            medium, path, exchange = exactly(one, "id file exchange")
            proof = self.proofs[exchange]
            that((proof["facts.medium.id"], proof["facts.medium.record"]) == (medium, own))
            that(proof.get("facts.truncated") is HIDDEN)
            that(proof["facts.body_sha256"] == h(self.files[path]).hex())
            yield ("file", medium, exchange, h(self.files[path]).hex())
        for one in drawn:
            exchange, path = exactly(one, "exchange file")
            proof = self.proofs[exchange]
            that((proof["facts.source"], proof["facts.picture.record"]) == ("made", own))
            words = [proof[f"facts.picture.drawn_from.{number}"] for number in (0, 1)]
            that(words in [[seen["exchange"], Literal(str(seen["position"]))] for seen in occurrences])
            that(proof["facts.body_sha256"] == h(self.files[path]).hex())
            yield ("picture", exchange, own, h(self.files[path]).hex())
        for one in states:
            state, at, run, index, evidence = exactly(one, "state at run index evidence")
            that(type(index) is int)
            proof = self.proofs[run]
            that(proof[f"run_record.states.{index}"] == [reading["key"], state, at, evidence])
            that(derived("rc", proof["run_record.account"], reading["key"]) == own)
            that(all(one in self.proofs and one.startswith("ex_") for one in evidence))
            yield ("state", own, state, at)
        for link in (link for version in reading["versions"] for link in version.get("links", ())):
            yield from self.link(own, link)

    def link(self, own: str, link: Any) -> Any:
        address, at, state, target, reason, exchanges, run, index = exactly(
            link, "address at state target reason exchanges run index"
        )
        that(all(type(one) is str for one in (address, at, state)) and type(exchanges) is list)
        if run is None:
            that(exchanges == [])
            return
        proof = self.proofs[run]
        that(type(index) is int and exchanges)
        told = {"address": address, "at": at, "state": state, "target": target, "reason": reason}
        for name, value in (told | {"exchanges": exchanges}).items():
            shown = proof.get(f"run_record.links.{index}.{name}")
            that((None if shown is HIDDEN else shown) == value)
        for hop, exchange in enumerate(exchanges):
            asked = self.proofs[exchange]["facts.ask.context"]
            that((asked["address"], asked["hop"]) == (address, Literal(str(hop))))
        yield ("link", own, address, at)

    def shown_at(self, proof: Proof, place: str) -> None:
        span = re.fullmatch("bytes=([0-9]{1,12})-([0-9]{1,12})", place)
        if span is None:
            value = proof.value["body"]
            for part in place.split("/")[1:]:
                value = child(value, part.replace("~1", "/").replace("~0", "~"))
            that(value is not HIDDEN and (place == "" or place[0] == "/"))
            return
        slices, at, end = proof.value["slices"], int(span[1]), int(span[2])
        cuts = child(proof.value["facts"], "cuts")
        for index in sorted(slices):
            begins = 0 if index == 0 else int(child(cuts, str(index - 1)).text)
            if begins == at < end:
                at += len(slices[index])
                that(index == slices.count - 1 or int(child(cuts, str(index)).text) == at)
        that(at == end)


def block_digest(member: bytes) -> str:
    content = zlib.decompressobj(31).decompress(member, 1 << 28)
    head, _, rest = content.partition(b"\r\n\r\n")
    that(head.startswith(b"WARC/1.1\r\n"))
    (length,) = re.findall(rb"\r\nContent-Length: ([0-9]+)(?=\r\n|$)", head)
    that(len(rest) >= int(length))
    return h(rest[: int(length)]).hex()
