"""Bundles changed in every way somebody may think of, and made to fit again as far as the somebody can."""

from __future__ import annotations

import copy
import io
import json
import random
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from archiver.evidence import tree
from archiver.evidence.checkpoint import Checkpoint, ProofFile, sign_checkpoint, write_proof
from archiver.evidence.notes import SignerKey
from archiver.evidence.verifier import verify
from tests.release import second

Files = dict[str, bytes]
MANIFEST = "data/manifest.json"
MADE_LATER = {MANIFEST, "bagit.txt", "bag-info.txt", "manifest-sha256.txt", "tagmanifest-sha256.txt"}


class Memory:
    """A bundle in memory, as ``verify.py`` reads folders."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self._contents = files
        verify.need(all(verify.NAME.fullmatch(path) for path in files), "a file that may not be there")
        self.files = {path: len(content) for path, content in files.items()}

    def open(self, path: str) -> io.BytesIO:
        verify.need(path in self._contents, "missing")
        return io.BytesIO(self._contents[path])


def first_accepts(files: Files, keys: Sequence[str]) -> bool:
    try:
        return bool(verify.verify(Memory(files), [verify.read_key(key) for key in keys])[1])
    except verify.Wrong:
        return False


def second_accepts(files: Files, keys: Sequence[str]) -> bool:
    try:
        second.statements(files, keys)
    except second.Refused:
        return False
    return True


# --- making it fit again -------------------------------------------------------------------------------------------


def digest(content: bytes) -> str:
    return sha256(content).hexdigest()


def canonical(value: Any, *, escaped: bool = False) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=escaped).encode()


def fit_bag(files: Files) -> None:
    """The lists of RFC 8493."""
    payload = sorted(path for path in files if path.startswith("data/"))
    files["manifest-sha256.txt"] = "".join(f"{digest(files[path])}  {path}\n" for path in payload).encode()
    if "bag-info.txt" in files:
        *before, _ = files["bag-info.txt"].decode("utf-8", "replace").split("Payload-Oxum: ")
        oxum = f"{sum(len(files[path]) for path in payload)}.{len(payload)}"
        files["bag-info.txt"] = f"{''.join(before)}Payload-Oxum: {oxum}\n".encode()
    tags = sorted(path for path in files if not path.startswith("data/") and path != "tagmanifest-sha256.txt")
    files["tagmanifest-sha256.txt"] = "".join(f"{digest(files[path])}  {path}\n" for path in tags).encode()


def fit_manifest(files: Files) -> None:
    """The manifest's list of files."""
    said = json.loads(files[MANIFEST])
    listed = sorted(path for path in files if path not in MADE_LATER and not path.startswith("data/log/"))
    said["files"] = [{"path": path, "sha256": digest(files[path]), "size": len(files[path])} for path in listed]
    files[MANIFEST] = canonical(said)


def fit_entry(files: Files) -> None:
    """What the log says of the bundle."""
    said = json.loads(files[MANIFEST])
    path = f"data/log/{said['bundle']}.entry"
    entry = json.loads(files[path])
    whole = sum(one["whole"] for one in said["exchanges"])
    entry["data"] = {"manifest": digest(files[MANIFEST]), "whole": whole, **said["counts"]}
    files[path] = canonical(entry)


def fit_log(files: Files, keys: Sequence[SignerKey], rng: random.Random) -> None:
    """A log of its own with all entries of the bundle, signed by ``keys``. Without stamps."""
    said = json.loads(files[MANIFEST])
    names = {one["id"]: f"data/exchanges/{one['id']}.entry" for one in said["exchanges"]}
    names |= {one["name"]: f"data/runs/{one['name']}.entry" for one in said["runs"]}
    names[said["bundle"]] = f"data/log/{said['bundle']}.entry"
    leaves = [rng.randbytes(32) for _ in range(rng.randrange(5, 40))]
    places = {}
    for name, path in names.items():
        places[name] = len(leaves)
        leaves.append(tree.leaf_hash(files[path]))
    note = sign_checkpoint(Checkpoint(said["log"], len(leaves), tree.root_of(leaves)), keys)
    files["data/log/checkpoint"] = note
    for name, at in places.items():
        audit = tuple(tree.inclusion_proof(leaves, at))
        files[f"data/log/{name}.tlog-proof"] = write_proof(ProofFile(at, audit, note))


# --- changes -------------------------------------------------------------------------------------------------------


@dataclass
class Changing:
    """Changes a bundle at random."""

    good: Files
    others: list[Files]
    """Other good bundles of the same log."""
    rng: random.Random
    key: SignerKey
    """The log's own."""
    stranger: SignerKey
    """Another one of the same name."""
    kinds: dict[str, int] = field(default_factory=dict)

    def changed(self) -> tuple[str, Files]:
        """A bundle that nobody may accept, and how it came about."""
        while True:
            files = dict(self.good)
            name, fits = self._change(files)
            if files != self.good:
                self.kinds[name] = self.kinds.get(name, 0) + 1
                return f"{name}, {fits}", files

    def _change(self, files: Files) -> tuple[str, str]:
        if self.rng.random() < 0.3:
            return self._by_an_insider(files)
        act = self.rng.choice(
            [
                self.bytes_of_a_file,
                self.json_of_a_file,
                self.json_of_a_file,
                self.spelling,
                self.a_file_less,
                self.a_file_more,
                self.another_name,
                self.two_swapped,
                self.from_another_bundle,
                self.note,
                self.log_proof,
                self.hostile_json,
            ]
        )
        act(files)
        return act.__name__, self._fit(files)

    def _fit(self, files: Files) -> str:
        """Make it fit as far as somebody without the key can."""
        how = self.rng.choice(["left", "bag", "bag and manifest", "and entry", "signed by a stranger"])
        try:
            if how != "left":
                if how != "bag":
                    fit_manifest(files)
                if how in ("and entry", "signed by a stranger"):
                    fit_entry(files)
                if how == "signed by a stranger":
                    without_stamps(files)
                    fit_log(files, [self.stranger], self.rng)
                fit_bag(files)
        except (KeyError, ValueError, TypeError, AttributeError, RecursionError):
            return f"{how} (as far as it went)"
        return how

    def _by_an_insider(self, files: Files) -> tuple[str, str]:
        """Somebody with the log's own key, who cannot change what was committed to."""
        without_stamps(files)
        before = dict(files)
        act = self.rng.choice([self.proof_json, self.proof_json, self.proof_json, self.false_claim, self.other_medium])
        act(files)
        if files == before:
            files.clear()
            files.update(self.good)
            return act.__name__, "nothing"
        try:
            fit_manifest(files)
            fit_entry(files)
            fit_log(files, [self.key], self.rng)
            fit_bag(files)
        except (KeyError, ValueError, TypeError, AttributeError):
            pass
        return f"insider: {act.__name__}", "signed by the log's own key"

    # Anything.

    def _some(self, files: Files, end: str = "") -> str:
        return self.rng.choice(sorted(path for path in files if path.endswith(end)))

    def bytes_of_a_file(self, files: Files) -> None:
        path = self._some(files)
        files[path] = changed_bytes(files[path], self.rng)

    def json_of_a_file(self, files: Files) -> None:
        path = self._some(files, self.rng.choice([".json", ".entry"]))
        value = changed_json(json.loads(files[path]), self.rng)
        files[path] = canonical(value, escaped=path.endswith("proof.json"))

    def spelling(self, files: Files) -> None:
        """The same JSON, written otherwise."""
        path = self._some(files, self.rng.choice(["manifest.json", "proof.json", ".entry"]))
        text = files[path].decode()
        value = json.loads(text)
        first = next(iter(value)) if isinstance(value, dict) else ""
        files[path] = self.rng.choice(
            [
                json.dumps(value).encode(),
                text.encode() + b"\n",
                b" " + text.encode(),
                text.replace(f'"{first}":', f'"\\u{ord(first[0]):04x}{first[1:]}":', 1).encode(),
                f'{{"{first}":{json.dumps(value[first])},{text[1:]}'.encode(),
                b"\xef\xbb\xbf" + text.encode(),
                text.encode("utf-16"),
                json.dumps(dict(reversed(value.items())), separators=(",", ":")).encode(),
            ]
        )

    def a_file_less(self, files: Files) -> None:
        del files[self._some(files)]

    def a_file_more(self, files: Files) -> None:
        folder = self.rng.choice(sorted({path.rpartition("/")[0] for path in files}))
        name = self.rng.choice(
            ["more", "notes.txt", "ex_x.proof.json", "record.json", ".hidden", "a b", "x.tlog-proof"]
        )
        files[f"{folder}/{name}".lstrip("/")] = self.rng.choice([b"", b"more", files[self._some(files)]])

    def another_name(self, files: Files) -> None:
        path = self._some(files)
        ends = ["x", ".bak", "/below"]
        name = (
            path + self.rng.choice(ends) if self.rng.random() < 0.5 else self.rng.choice([path.upper(), f"data/{path}"])
        )
        files[name] = files.pop(path)

    def two_swapped(self, files: Files) -> None:
        end = self.rng.choice(["", ".entry", ".proof.json", ".tlog-proof", ".json"])
        one, two = self._some(files, end), self._some(files, end)
        files[one], files[two] = files[two], files[one]

    def from_another_bundle(self, files: Files) -> None:
        other = self.rng.choice(self.others)
        path = self._some(files)
        end = path.rpartition("/")[2].partition(".")[2]
        same = sorted(one for one in other if one.endswith(end) and one.partition("/")[0] == path.partition("/")[0])
        files[path] = other[path] if path in other else other[self.rng.choice(same)] if same else files[path]

    def note(self, files: Files) -> None:
        path = "data/log/checkpoint"
        lines = files[path].decode().split("\n")
        act = self.rng.randrange(7)
        if act == 0:
            lines[1] = str(int(lines[1]) + self.rng.choice([-1, 1, 1000, 10**30]))
        elif act == 1:
            lines[2] = b64encode(self.rng.randbytes(32)).decode()
        elif act == 2:
            lines[0] += "x"
        elif act == 3:
            lines[4] = lines[4][:-8] + "AAAAAAA="
        elif act == 4:
            lines.insert(3, "an extension")
        elif act == 5:
            lines[4] = ""
        else:
            said = Checkpoint(lines[0], int(lines[1]), self.rng.randbytes(32))
            lines = sign_checkpoint(said, [self.stranger]).decode().split("\n")
        text = "\n".join(lines).encode()
        for one in files:
            if one.startswith("data/log/") and self.rng.random() < 0.9:
                files[one] = files[one].replace(files[path], text) if one != path else files[one]
        files[path] = text

    def log_proof(self, files: Files) -> None:
        path = self._some(files, ".tlog-proof")
        head, _, note = files[path].decode().partition("\n\n")
        lines = head.split("\n")
        act = self.rng.randrange(5)
        if act == 0:
            lines[1] = f"index {max(0, int(lines[1][6:]) + self.rng.choice([-1, 1, 2, 2**20]))}"
        elif act == 1 and len(lines) > 2:
            lines.pop(self.rng.randrange(2, len(lines)))
        elif act == 2:
            lines.insert(self.rng.randrange(2, len(lines) + 1), b64encode(self.rng.randbytes(32)).decode())
        elif act == 3 and len(lines) > 3:
            lines[2], lines[3] = lines[3], lines[2]
        else:
            lines[0] += "x"
        files[path] = ("\n".join(lines) + "\n\n" + note).encode()

    def hostile_json(self, files: Files) -> None:
        path = self._some(files, self.rng.choice(["manifest.json", "proof.json", ".entry", "record.json"]))
        text = files[path].decode()
        files[path] = self.rng.choice(
            [
                b"[" * 200_000,
                b'{"a":' * 100_000,
                text.replace("0", "9" * 5000, 1).encode(),
                text.replace(":", ":1e999,", 1).encode(),
                text.replace(":", ":NaN,", 1).encode(),
                b"null",
                b"",
                b"\xff\xfe",
                text.replace('"', '"\\ud800', 1).encode(),
            ]
        )

    # By an insider.

    def proof_json(self, files: Files) -> None:
        path = self._some(files, ".proof.json")
        value = changed_json(json.loads(files[path]), self.rng)
        files[path] = canonical(value, escaped=True)

    def false_claim(self, files: Files) -> None:
        """Another record, place, time or conclusion than what was committed to."""
        said = json.loads(files[MANIFEST])
        record = self.rng.choice(said["records"])
        seen = self.rng.choice(record["occurrences"])
        exchange = self.rng.choice(said["exchanges"])
        act = self.rng.randrange(7)
        if act == 0:
            seen["position"] += self.rng.choice([-1, 1, 7])
        elif act == 1:
            seen["exchange"] = self.rng.choice([one["id"] for one in said["exchanges"]] + ["ex_" + "a" * 32])
            if seen["exchange"] in {one["exchange"] for one in self._originally(record["id"])}:
                seen["exchange"] = "ex_" + "b" * 32
        elif act == 2:
            exchange["segment"] = "sg_" + "a" * 32
        elif act == 3:
            exchange["url_shown"] = not exchange["url_shown"]
        elif act == 4:
            self._rename_record(files, said, record)
        elif act == 5 and record["states"]:
            name, value = self.rng.choice(
                [("state", "hidden_by_page"), ("at", "2020-01-01T00:00:00.000000Z"), ("index", 3), ("evidence", [])]
            )
            self.rng.choice(record["states"])[name] = value
        else:
            said["counts"]["records"] += 1
        files[MANIFEST] = canonical(said)

    def _originally(self, record_id: str) -> list[Any]:
        said = json.loads(self.good[MANIFEST])
        return [seen for one in said["records"] if one["id"] == record_id for seen in one["occurrences"]]

    def _rename_record(self, files: Files, said: Any, record: Any) -> None:
        """Pass a record off as another one."""
        before, after = record["id"], "rc_" + "".join(self.rng.choices("abcdefgh", k=32))
        for path in [path for path in files if f"/{before}/" in path]:
            files[path.replace(before, after)] = files.pop(path).replace(before.encode(), after.encode())
        text = json.dumps(record).replace(before, after)
        record.clear()
        record.update(json.loads(text))

    def other_medium(self, files: Files) -> None:
        media = [path for path in files if path.startswith("data/records/") and not path.endswith(".json")]
        if media:
            path = self.rng.choice(sorted(media))
            files[path] = changed_bytes(files[path], self.rng)


def without_stamps(files: Files) -> None:
    """Drop the stamps: whoever writes a log of their own has none."""
    said = json.loads(files[MANIFEST])
    said["stamps"] = []
    for path in [path for path in files if path.startswith("data/stamps/") or path.endswith(".consistency")]:
        del files[path]
    files[MANIFEST] = canonical(said)


def changed_bytes(content: bytes, rng: random.Random) -> bytes:
    at, size = rng.randrange(len(content) + 1), rng.randrange(1, 40)
    return rng.choice(
        [
            content[:at] + bytes([rng.randrange(256)]) + content[at + 1 :],
            content[:at] + rng.randbytes(size) + content[at:],
            content[:at] + content[at + size :],
            content[:at],
            content[at:] + content[:at],
            content + content[at:],
            b"",
        ]
    )


def changed_json(value: Any, rng: random.Random) -> Any:
    """The value with one thing in it changed."""
    value = copy.deepcopy(value)
    places = list(_places(value))
    box, name = rng.choice(places)
    box[name] = _other(box[name], rng)
    return value


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    for name in value if isinstance(value, dict) else range(len(value)):
        yield value, name
        if isinstance(value[name], dict | list) and value[name]:
            yield from _places(value[name])


def _other(value: Any, rng: random.Random) -> Any:
    if isinstance(value, bool):
        return rng.choice([not value, None, 0, 1])
    if isinstance(value, int):
        return value + rng.choice([-1, 1, 2**31, 2**53])
    if isinstance(value, str):
        return _other_text(value, rng)
    if isinstance(value, list) and value:
        return _other_list(value, rng)
    if isinstance(value, dict) and value:
        return _other_object(value, rng)
    return rng.choice([0, "x", [0], {"x": 0}])


def _other_text(text: str, rng: random.Random) -> Any:
    at = rng.randrange(len(text) + 1)
    digits = "0123456789abcdef"
    acts: list[Callable[[], Any]] = [
        lambda: text[:at] + rng.choice(digits) + text[at + 1 :],
        lambda: text[:at] + text[at + 1 :],
        lambda: text + rng.choice(digits),
        lambda: text.upper(),
        lambda: text[::-1],
        lambda: "",
        lambda: None,
        lambda: [text],
    ]
    return rng.choice(acts)()


def _other_list(rows: list[Any], rng: random.Random) -> list[Any]:
    rows, at = list(rows), rng.randrange(len(rows))
    act = rng.randrange(5)
    if act == 0:
        del rows[at]
    elif act == 1:
        rows.insert(at, rows[at])
    elif act == 2:
        rows.reverse()
    elif act == 3:
        other = rng.randrange(len(rows))
        rows[at], rows[other] = rows[other], rows[at]
    else:
        rows[at] = rng.choice([None, 0, [], {}, "x"])
    return rows


def _other_object(value: dict[str, Any], rng: random.Random) -> dict[str, Any]:
    value, name = dict(value), rng.choice(sorted(value))
    act = rng.randrange(4)
    if act == 0:
        del value[name]
    elif act == 1:
        value["more"] = rng.choice([0, "x", []])
    elif act == 2:
        value[f"{name}x"] = value.pop(name)
    else:
        other = rng.choice(sorted(value))
        value[name], value[other] = value[other], value[name]
    return value
