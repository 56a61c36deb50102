#!/usr/bin/env python3
"""Check an evidence bundle of a records archive. One file, no network, nothing but Python (3.8 or later) is needed.

    python3 -I verify.py FOLDER --key KEY [--tsa-roots FILE.pem] [--json] [--all]

KEY is the archive's public key, NAME+ID+BASE64, or a file in which it stands. Take it from where the city publishes it
or from the signed certificate, never from the bundle itself. Every claim is PASS, FAIL or NOT CHECKED; NOT CHECKED is
never a pass. Exit code: 0 all required claims pass, 1 otherwise, 2 wrong use.
"""

import base64
import calendar
import hashlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import zlib

PASS, FAIL, NOT_CHECKED = "PASS", "FAIL", "NOT CHECKED"
MOST_FILES, MOST_LIST, MOST_NOTE, MOST_ENTRY, DEEPEST = 1000000, 64 << 20, 1 << 20, 65535, 150
MOST_BLOCK = 1 << 30
READING = (
    "note id key account kind word access parent_id author url created_at first_seen_at last_seen_at state versions"
    " states media"
)
CHALLENGE = "authorized decided_on decided_by correction reasons statement_on statement"
FORMAT, DRAWN, SAID, SCHEME = "records-evidence/1", "records-evidence/2", "records-evidence/3", "cra-tree/1"
BAGIT = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
MANIFEST, CHECKPOINT = "data/manifest.json", "data/log/checkpoint"
PART = r"[A-Za-z0-9_][A-Za-z0-9._=-]{0,119}"
NAME = re.compile(r"(?:%s/){0,5}%s" % (PART, PART))
HEX = re.compile(r"[0-9a-f]{64}")
KEY = re.compile(r"([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]{44})(?![A-Za-z0-9+/=])")
PROVES = """\
What a pass shows: that these very words and files stood in what the platform's server answered to this archive, as the
archive recorded it; that they were in the archive's log before it was signed, and unchanged since; and, where a
time-stamp passes, that they existed at that time, by the word of the service named.
What it does not show: that what was written is true; who wrote it; that the platform returned everything it had, or the
truth; the exact time of an answer beyond the archive's own clock; that nothing else was left out of this bundle; that
the key is the archive's (compare it with the published one)."""


class Wrong(Exception):  # noqa: N818
    """A claim does not hold. The message says why."""


MALFORMED = (
    ArithmeticError,
    LookupError,
    TypeError,
    ValueError,
    AttributeError,
    RecursionError,
    MemoryError,
    zlib.error,
)


def need(holds, why):
    if not holds:
        raise Wrong(why)


# --- bytes and JSON -------------------------------------------------------------------------------------------------


def sha256(content):
    return hashlib.sha256(content).digest()


def from_hex(text):
    need(isinstance(text, str) and HEX.fullmatch(text), "a hash is not 64 lower-case hex digits")
    return bytes.fromhex(text)


def from_base64(text):
    """Strict base64: there is one text for one value."""
    try:
        found = base64.b64decode(text, validate=True)
    except ValueError:
        raise Wrong("base64 that is none")
    need(base64.b64encode(found).decode() == text, "base64 that is written in an unusual way")
    return found


class Number(str):
    """The literal of a number, as written."""


def refuse(_):
    raise Wrong("a number that may not stand there")


def whole_number(literal):
    need(len(literal) <= 17 and abs(int(literal)) < 2**53, "a number is too large")
    return int(literal)


def members(pairs):
    found = dict(pairs)
    need(len(found) == len(pairs), "an object has one name twice")
    return found


STRICT = json.JSONDecoder(parse_int=whole_number, parse_float=refuse, parse_constant=refuse, object_pairs_hook=members)
AS_WRITTEN = json.JSONDecoder(parse_int=Number, parse_float=Number, parse_constant=refuse, object_pairs_hook=members)


def read_json(content, decoder=STRICT):
    try:
        value = decoder.decode(content.decode("utf-8"))
    except RecursionError:
        raise Wrong("JSON is nested too deeply")
    except ValueError:
        raise Wrong("it is not JSON")
    need(within(value, DEEPEST), "JSON is nested too deeply")
    return value


def within(value, depth):
    if not isinstance(value, (dict, list)):
        return True
    return depth > 0 and all(within(one, depth - 1) for one in (value.values() if isinstance(value, dict) else value))


def write_json(value, ascii_only=False):
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=ascii_only).encode("utf-8")


def read_canonical(content, ascii_only=False):
    """JSON in the one form it may have (RFC 8785 on a subset)."""
    value = read_json(content)
    try:
        need(write_json(value, ascii_only) == content, "JSON is not in canonical form")
    except UnicodeEncodeError:
        raise Wrong("JSON holds half a character")
    return value


KINDS = {"text": str, "number": int, "flag": bool, "many": list, "object": dict, "any": object}


def fields(value, **named):
    """An object that has just the members named, each of its kind."""
    kinds = {name: KINDS[kind] for kind, names in named.items() for name in names.split()}
    need(isinstance(value, dict) and set(value) == set(kinds), "an object does not have just the members it must have")
    for name, kind in kinds.items():
        fits = isinstance(value[name], kind) and not (kind is int and isinstance(value[name], bool))
        need(fits, "of another kind than it must be: " + name)
    return value


# --- Ed25519 (RFC 8032) ---------------------------------------------------------------------------------------------

P, ORDER = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT = pow(2, (P - 1) // 4, P)


def point(encoded):
    """(x, y, z, t) of an encoded point; None where it is none."""
    number = int.from_bytes(encoded, "little")
    y, sign = number & (1 << 255) - 1, number >> 255
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT % P
    if (x * x - square) % P or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = P - x
    return (x, y, 1, x * y % P)


def add(p, q):
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % P, (p[1] + p[0]) * (q[1] + q[0]) % P
    c, d = 2 * p[3] * q[3] * D % P, 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def times(number, p):
    result = (0, 1, 1, 0)
    while number:
        if number & 1:
            result = add(result, p)
        p, number = add(p, p), number >> 1
    return result


BASE = point((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))


def signed_by(public, message, signature):
    """Whether the key ``public`` (32 bytes) made ``signature`` (64 bytes) over ``message``."""
    a, s = point(public), int.from_bytes(signature[32:], "little")
    if len(public) != 32 or len(signature) != 64 or a is None or s >= ORDER:
        return False
    k = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % ORDER
    x, y, z, _ = add(times(s, BASE), times(k, (P - a[0], a[1], 1, P - a[3])))
    inverse = pow(z, P - 2, P)
    x, y = x * inverse % P, y * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little") == signature[:32]


# --- the log: trees of RFC 6962, checkpoints (C2SP signed notes), proof files ---------------------------------------


def leaf_hash(content):
    return sha256(b"\0" + content)


def pair_hash(left, right):
    return sha256(b"\1" + left + right)


def root_of(level):
    while len(level) > 1:
        odd = level[len(level) & ~1 :]
        level = [pair_hash(level[at], level[at + 1]) for at in range(0, len(level) & ~1, 2)] + odd
    return level[0]


def root_by_path(size, index, leaf, path):
    """RFC 9162, 2.1.3.2."""
    need(0 <= index < size, "an entry lies beyond the log")
    last, found = size - 1, leaf
    for sibling in path:
        need(last, "a proof is too long")
        if index & 1 or index == last:
            found = pair_hash(sibling, found)
            while index and not index & 1:
                index, last = index >> 1, last >> 1
        else:
            found = pair_hash(found, sibling)
        index, last = index >> 1, last >> 1
    need(last == 0, "a proof is too short")
    return found


def check_consistency(first, second, first_root, second_root, path):
    """RFC 9162, 2.1.4.2: the log of ``second`` entries begins with that of ``first``."""
    need(0 < first <= second, "a stamped checkpoint is later than the newest")
    if first == second:
        need(not path and first_root == second_root, "two checkpoints of one size differ")
        return
    path = ([first_root] if first & (first - 1) == 0 else []) + path
    need(path, "a proof is too short")
    a, b = first - 1, second - 1
    while a & 1:
        a, b = a >> 1, b >> 1
    old = new = path[0]
    for sibling in path[1:]:
        need(b, "a proof is too long")
        if a & 1 or a == b:
            old, new = pair_hash(sibling, old), pair_hash(sibling, new)
            while a and not a & 1:
                a, b = a >> 1, b >> 1
        else:
            new = pair_hash(new, sibling)
        a, b = a >> 1, b >> 1
    need(b == 0 and (old, new) == (first_root, second_root), "the log was changed between two checkpoints")


def read_key(text):
    """(name, id, public key) of NAME+ID+BASE64."""
    match = KEY.fullmatch(text)
    need(match, "a key is written NAME+ID+BASE64")
    key = from_base64(match.group(3))
    own_id = sha256(match.group(1).encode() + b"\n" + key)[:4]
    need(
        len(key) == 33 and key[:1] == b"\1" and own_id.hex() == match.group(2),
        "it is no Ed25519 key, or has another id",
    )
    return match.group(1), own_id, key[1:]


def read_note(content):
    """Text and [(name, id + signature)] of a signed note."""
    try:
        whole = content.decode("utf-8")
    except ValueError:
        raise Wrong("a checkpoint is not text")
    text, blank, after = whole.rpartition("\n\n")
    need(
        blank and after.endswith("\n") and not re.search("[\0-\x09\x0b-\x1f]", whole), "a checkpoint has no signatures"
    )
    lines = [re.fullmatch("\u2014 ([^\\s+]+) ([A-Za-z0-9+/=]+)", line) for line in after[:-1].split("\n")]
    need(all(lines) and len(lines) <= 100, "a signature line is malformed")
    signatures = [(line.group(1), from_base64(line.group(2))) for line in lines]
    need(all(len(signature) > 4 for _, signature in signatures), "a signature line is malformed")
    return text + "\n", signatures


def read_checkpoint(content):
    """(log, size, root) of a checkpoint, its signatures unseen."""
    match = re.fullmatch(r"([^\n]+)\n(0|[1-9][0-9]{0,15})\n([A-Za-z0-9+/=]{44})\n(?:[^\n]+\n)*", read_note(content)[0])
    need(match, "it is no checkpoint")
    root = from_base64(match.group(3))
    need(len(root) == 32, "it is no checkpoint")
    return match.group(1), int(match.group(2)), root


def check_signature(content, keys):
    """The id of a known key that signed; a wrong signature of a known key is refused, others' are passed over."""
    text, signatures = read_note(content)
    known, found = {(name, own_id): public for name, own_id, public in keys}, None
    for name, signature in signatures:
        public = known.get((name, signature[:4]))
        if public is not None:
            need(signed_by(public, text.encode(), signature[4:]), "a signature of the key you gave is wrong")
            found = found or signature[:4]
    need(found, "it is not signed by the key you gave")
    return found.hex()


def read_proof_file(content):
    """(index, path, checkpoint) of a proof file (C2SP tlog-proof)."""
    head, blank, checkpoint = content.partition(b"\n\n")
    lines = head.decode("ascii", "replace").split("\n")
    need(blank and 2 <= len(lines) <= 70 and lines[0] == "c2sp.org/tlog-proof@v1", "it is no proof of a log")
    match = re.fullmatch("index (0|[1-9][0-9]{0,15})", lines[1])
    path = [from_base64(line) for line in lines[2:]]
    need(match and all(len(one) == 32 for one in path), "it is no proof of a log")
    return int(match.group(1)), path, checkpoint


# --- salted trees (scheme cra-tree/1) -------------------------------------------------------------------------------


def label_of(name):
    encoded = name.encode("utf-8", "surrogatepass")
    return len(encoded).to_bytes(4, "big") + encoded


NO_LABEL = label_of("")


def scalar(value):
    if isinstance(value, bytes):
        return b"b" + value
    if isinstance(value, Number):
        return b"n" + value.encode("ascii")
    if isinstance(value, str):
        return b"s" + value.encode("utf-8", "surrogatepass")
    if value is None or value is True or value is False:
        return {None: b"z", True: b"t", False: b"f"}[value]
    return b"o" if isinstance(value, dict) else b"a"


def commitment(value, seed, label=NO_LABEL):
    """The commitment of a value under its seed."""
    if not isinstance(value, (dict, list)) or not value:
        return sha256(b"\x10" + seed + label + scalar(value))
    seeds = hashlib.shake_256(b"\x20" + seed).digest(32 * len(value))
    pairs = value.items() if isinstance(value, dict) else (("", one) for one in value)
    below = [commitment(one, seeds[32 * at : 32 * at + 32], label_of(name)) for at, (name, one) in enumerate(pairs)]
    return (
        object_hash(label, below)
        if isinstance(value, dict)
        else array_hash(label, len(below), root_of(list(map(leaf_hash, below))))
    )


def object_hash(label, below):
    return sha256(b"\x12" + label + len(below).to_bytes(4, "big") + b"".join(below))


def array_hash(label, count, root):
    return sha256(b"\x13" + label + count.to_bytes(4, "big") + root)


def shared_root(start, end, shown, path):
    """Root over leaves ``start`` to ``end`` from those ``shown``; the others' hashes come from ``path`` in order."""
    if not any(start <= at < end for at in shown):
        need(path, "a proof is too short")
        return path.pop(0)
    if end - start == 1:
        return shown[start]
    middle = start + (1 << (end - start - 1).bit_length() - 1)
    if any(at < middle for at in shown if start <= at < end):
        left = shared_root(start, middle, shown, path)
        return pair_hash(left, shared_root(middle, end, shown, path))
    right = shared_root(middle, end, shown, path)
    return pair_hash(shared_root(start, middle, shown, path), right)


class Shown:
    """What a proof shows: values by path, and how many siblings stand on the way."""

    def __init__(self, proof):
        tree = fields(proof, text="scheme", object="tree")["tree"]
        need(proof["scheme"] == SCHEME, "a commitment of a kind that this program does not know")
        self.values, self.counts = {}, {}
        self.root = SCHEME + ":" + self.walk(tree, NO_LABEL, ()).hex()
        top = tree.get("members", ())
        names = {row[0]: row[1] for row in top}
        order = (("facts",), ("request_sha256",), ("response_sha256",), ("body", "slices", "body_sha256"))
        exchange = self.counts[()] == 4 and all(name in order[at] for at, name in names.items())
        need(names and (exchange or (self.counts[()] == 1 and names == {0: "run_record"})), "it proves something else")

    def walk(self, step, label, path):
        need(isinstance(step, dict), "a step of a proof is no object")
        if set(step) == {"seed", "json"} or set(step) == {"seed", "raw"}:
            return self.opened(step, label, path)
        if "members" in step:
            return self.object_step(step, label, path)
        fields(step, number="count", many="elements path")
        self.check_rows(step, step["elements"], 2, path)
        shown = {at: leaf_hash(self.walk(child, NO_LABEL, path + (at,))) for at, child in step["elements"]}
        hashes = [from_hex(one) for one in step["path"]]
        root = shared_root(0, step["count"], shown, hashes)
        need(not hashes, "a proof is too long")
        return array_hash(label, step["count"], root)

    def object_step(self, step, label, path):
        fields(step, number="count", many="members hidden")
        self.check_rows(step, step["members"], 3, path)
        names = [name for _, name, _ in step["members"]]
        need(all(isinstance(name, str) for name in names) and len(set(names)) == len(names), "a name is given twice")
        below = {at: self.walk(child, label_of(name), path + (name,)) for at, name, child in step["members"]}
        others = [from_hex(one) for one in step["hidden"]]
        need(len(below) + len(others) == step["count"], "a proof counts other children than it has")
        return object_hash(label, [below[at] if at in below else others.pop(0) for at in range(step["count"])])

    def check_rows(self, step, rows, width, path):
        need(0 < step["count"] < 2**32 and rows, "a proof counts no children, or too many")
        good = all(isinstance(row, list) and len(row) == width and type(row[0]) is int for row in rows)
        need(good, "a child in a proof is malformed")
        places = [row[0] for row in rows]
        need(places == sorted(set(places)) and 0 <= places[0] and places[-1] < step["count"], "children out of order")
        self.counts[path] = step["count"]

    def opened(self, step, label, path):
        seed = from_hex(step["seed"])
        if "raw" in step:
            need(re.fullmatch("[A-Za-z0-9_-]*", step["raw"]), "raw bytes are malformed")
            text = step["raw"].replace("-", "+").replace("_", "/")
            value = from_base64(text + "=" * (-len(text) % 4))
        else:
            need(isinstance(step["json"], str) and step["json"].isascii(), "a value is not plain JSON")
            value = read_json(step["json"].encode(), AS_WRITTEN)
            need(as_written(value) == step["json"], "a value is not JSON in its plain form")
        self.values[path] = value
        return commitment(value, seed, label)

    def get(self, *path):
        """The value at ``path``: one that was shown, or a part of one."""
        cut = next((cut for cut in range(len(path), -1, -1) if path[:cut] in self.values), None)
        need(cut is not None, "a proof does not show " + "/".join(map(str, path)))
        value = self.values[path[:cut]]
        for name in path[cut:]:
            inside = name in value if isinstance(value, dict) else isinstance(value, list) and 0 <= name < len(value)
            need(inside, "a proof does not show " + "/".join(map(str, path)))
            value = value[name]
        return value

    def has(self, *path):
        try:
            self.get(*path)
        except Wrong:
            return False
        return True


def as_written(value):
    if isinstance(value, Number):
        return str(value)
    if isinstance(value, dict):
        return "{" + ",".join(json.dumps(name) + ":" + as_written(one) for name, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(as_written, value)) + "]"
    return json.dumps(value)


def derived(prefix, *parts):
    """An id as the archive derives it: it names just this."""
    digest = hashlib.sha256(b"cra/v1/" + prefix.encode() + b"\0")
    for one in parts:
        encoded = one.encode("utf-8", "surrogatepass")
        digest.update(len(encoded).to_bytes(4, "big") + encoded)
    return prefix + "_" + base64.b32encode(digest.digest()[:20]).decode().lower()


# --- the folder -----------------------------------------------------------------------------------------------------


class Folder:
    """The files of a bundle. Links and anything that is no plain file are refused."""

    def __init__(self, root):
        self.root, self.files = root, {}
        waiting = [""]
        while waiting:
            under = waiting.pop()
            for one in os.scandir(os.path.join(root, under) if under else root):
                path = under + "/" + one.name if under else one.name
                need(
                    len(self.files) < MOST_FILES and NAME.fullmatch(path),
                    "a file that may not be there: " + plain(path),
                )
                if one.is_dir(follow_symlinks=False):
                    waiting.append(path)
                else:
                    need(one.is_file(follow_symlinks=False), "a link, or no plain file: " + path)
                    self.files[path] = one.stat(follow_symlinks=False).st_size

    def open(self, path):
        need(path in self.files, "missing: " + path)
        flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
        return os.fdopen(os.open(os.path.join(self.root, *path.split("/")), flags), "rb")


def read(bag, path, limit):
    need(path in bag.files, "missing: " + path)
    need(bag.files[path] <= limit, "too large: " + path)
    with bag.open(path) as file:
        return file.read(limit + 1)


def digest(bag, path):
    found, size = hashlib.sha256(), 0
    with bag.open(path) as file:
        while True:
            piece = file.read(1 << 20)
            if not piece:
                return found.hexdigest(), size
            found.update(piece)
            size += len(piece)


# --- the claims -----------------------------------------------------------------------------------------------------


class Verifier:
    """Goes through a bundle and notes what holds."""

    def __init__(self, bag, keys=(), tsa_roots=None):
        self.bag, self.keys, self.tsa_roots = bag, keys, tsa_roots
        self.claims, self.digests, self.manifest, self.shown = [], {}, {}, {}
        self.log = self.size = self.root = None
        self.logged, self.times = {}, {}

    def claim(self, name, subject, check, *about, required=True):
        """Note whether ``check`` holds; it returns what to say of it, or (NOT CHECKED, why)."""
        try:
            said = check(*about)
            result, detail = said if isinstance(said, tuple) else (PASS, said)
        except (Wrong, OSError) as error:
            result, detail = FAIL, str(error)
        except MALFORMED as error:
            result, detail = FAIL, "malformed (" + type(error).__name__ + ")"
        self.claims.append(dict(claim=name, subject=subject, result=result, detail=detail, required=required))
        return result == PASS

    def run(self):
        """All claims. Where the frame does not hold, nothing inside it is looked at."""
        for name in ("files", "manifest", "checkpoint", "log"):
            if not self.claim(name, "bundle", getattr(self, "check_" + name)):
                return self.claims
        for one in self.manifest["exchanges"]:
            self.claim("exchange", one["id"], self.check_exchange, one)
        for one in self.manifest["runs"]:
            self.claim("run record", one["name"], self.check_run, one)
        for one in self.manifest["stamps"]:
            self.check_stamp(one)
        for one in self.manifest["records"]:
            self.check_record(one)
        return self.claims

    @property
    def ok(self):
        results = [one["result"] for one in self.claims if one["required"] or one["result"] == FAIL]
        return bool(results) and set(results) == {PASS}

    def check_files(self):
        """RFC 8493, in the one form that the archive writes."""
        self.digests = {path: digest(self.bag, path) for path in self.bag.files}
        tags = set(self.bag.files) - {"tagmanifest-sha256.txt"}
        for name, listed in (("manifest-sha256.txt", True), ("tagmanifest-sha256.txt", False)):
            paths = sorted(path for path in tags if path.startswith("data/") == listed)
            text = "".join(self.digests[path][0] + "  " + path + "\n" for path in paths)
            need(read(self.bag, name, MOST_LIST) == text.encode(), "a file was changed, or is not in " + name)
        need(read(self.bag, "bagit.txt", MOST_NOTE) == BAGIT, "bagit.txt is another one")
        return "%d files are those listed, unchanged" % len(self.bag.files)

    def check_manifest(self):
        self.manifest = manifest = read_canonical(read(self.bag, MANIFEST, MOST_LIST))
        texts, lists = "format bundle salt archive kind log at software", "records exchanges runs stamps files"
        fields(manifest, text=texts, object="chosen counts", many=lists)
        known = manifest["format"] in (FORMAT, DRAWN, SAID) and manifest["kind"] in ("real", "practice")
        need(known, "a bundle of a kind that this program does not know")
        files, made_later = self.expected_files()
        need(set(self.bag.files) == files | made_later, "a file too many, or one is missing")
        listed = {}
        for one in manifest["files"]:
            fields(one, text="path sha256", number="size")
            need(one["path"] not in listed, "a file is listed twice")
            listed[one["path"]] = (one["sha256"], one["size"])
        found = {path: self.digests[path] for path in files}
        need(listed == found, "a file is not the one in the manifest, or not in it")
        payload = [size for path, (_, size) in self.digests.items() if path.startswith("data/")]
        info = "Bag-Software-Agent: %s\nBagging-Date: %s\nExternal-Identifier: %s\nPayload-Oxum: %d.%d\n"
        info %= (manifest["software"], manifest["at"][:10], manifest["bundle"], sum(payload), len(payload))
        need(read(self.bag, "bag-info.txt", MOST_NOTE) == info.encode(), "bag-info.txt is another one")
        made_up = "" if manifest["kind"] == "real" else " OF A PRACTICE ARCHIVE, MADE UP"
        return "it lists every file with its SHA-256; %d records%s" % (len(manifest["records"]), made_up)

    def expected_files(self):
        """The files that must be there follow from the manifest: those it lists, and those made after it."""
        manifest, bundle = self.manifest, self.manifest["bundle"]
        need(re.fullmatch("bu_[a-z2-7]{32}", bundle), "a bundle without an id")
        later = {MANIFEST, CHECKPOINT, "bagit.txt", "bag-info.txt", "manifest-sha256.txt", "tagmanifest-sha256.txt"}
        later |= {"data/log/" + bundle + ".entry", "data/log/" + bundle + ".tlog-proof"}
        files = {path for path in self.bag.files if re.fullmatch(r"keys/(log\.txt|tsa-[a-z0-9_-]{1,30}\.pem)", path)}
        files |= {"HOW-TO-VERIFY.txt", "verify.py"}
        for one in manifest["exchanges"]:
            fields(one, text="id segment", flag="url_shown whole")
            files |= {"data/exchanges/" + one["id"] + name for name in [".entry", ".proof.json"]}
            files |= {"data/exchanges/" + one["id"] + ".warc.gz"} if one["whole"] else set()
        for one in manifest["runs"]:
            fields(one, text="name run access", number="part")
            need(one["name"] == "%s-%d-%s" % (one["run"], one["part"], one["access"]), "a run record of another name")
            files |= {"data/runs/" + one["name"] + name for name in [".entry", ".proof.json"]}
        for one in manifest["stamps"]:
            fields(one, number="size", many="tokens entries")
            names = [token["service"] + ".tsr" for token in one["tokens"]]
            names += [name + ".tlog-proof" for name in one["entries"]]
            files |= {"data/stamps/%020d/%s" % (one["size"], name) for name in ["checkpoint"] + names}
            later.add("data/log/%020d.consistency" % one["size"])
        names = [one["id"] for one in manifest["exchanges"]] + [one["name"] for one in manifest["runs"]]
        later |= {"data/log/" + name + ".tlog-proof" for name in names}
        return files | self.record_files(), later

    def named(self, members):
        """Members of a record; pictures that the archive drew itself stand in a bundle of a later format only."""
        return members + (" pictures" if self.manifest["format"] in (DRAWN, SAID) else "")

    def record_files(self):
        manifest, files, versions, media = self.manifest, set(), 0, 0
        for one in manifest["records"]:
            fields(one, text="id file", many=self.named("occurrences media states"))
            folder = "data/records/" + one["id"] + "/"
            need(one["file"] == folder + "record.json" and one["occurrences"], "a record without its file or place")
            for medium in one["media"]:
                fields(medium, text="id file exchange")
                need(
                    re.fullmatch(folder + medium["id"] + r"(\.[a-z0-9]{1,5})?", medium["file"]),
                    "a file of another name",
                )
            for picture in one.get("pictures", ()):
                fields(picture, text="file exchange")
                need(picture["file"] == folder + "drawn-" + picture["exchange"] + ".png", "a picture of another name")
            files |= {one["file"]} | {medium["file"] for medium in one["media"] + one.get("pictures", [])}
            versions += len({seen["version"] for seen in one["occurrences"]})
            media += len(one["media"])
        records, exchanges = len(manifest["records"]), len(manifest["exchanges"])
        count = {"records": records, "exchanges": exchanges, "versions": versions, "media": media}
        need(manifest["counts"] == count, "the counts are not those of the lists")
        for name, by in (("exchanges", "id"), ("runs", "name"), ("records", "id"), ("stamps", "size")):
            need(len({one[by] for one in manifest[name]}) == len(manifest[name]), "something is listed twice")
        chosen = fields(manifest["chosen"], text="by", any="query reading statement", number="asked", many="left_out")
        need(chosen["asked"] == records + len(chosen["left_out"]), "records asked for are neither here nor left out")
        return files

    def check_checkpoint(self):
        content = read(self.bag, CHECKPOINT, MOST_NOTE)
        self.log, self.size, self.root = read_checkpoint(content)
        need(self.log == self.manifest["log"], "the checkpoint is of another log")
        if not self.keys:
            return NOT_CHECKED, "no key was given; add --key with the key that the city publishes"
        signer = check_signature(content, self.keys)
        return "signed by key %s over %d entries of the log %s" % (signer, self.size, plain(self.log))

    def entry(self, path, name, kind, subject):
        """The entry in the file ``path``, shown to be in the log: (what it says, its position)."""
        body = read(self.bag, path, MOST_ENTRY)
        index, audit, checkpoint = read_proof_file(read(self.bag, "data/log/" + name + ".tlog-proof", MOST_NOTE))
        need(checkpoint == read(self.bag, CHECKPOINT, MOST_NOTE), "a proof is under another checkpoint")
        need(root_by_path(self.size, index, leaf_hash(body), audit) == self.root, "the entry is not in the signed log")
        said = fields(read_canonical(body), number="v", text="log id at type", object="actor subject data")
        about = (said["v"], said["log"], said["subject"].get("id"))
        need(about == (1, self.log, subject) and said["type"] in kind, "the entry says something else")
        self.logged[name] = (index, body)
        return said, index

    def check_log(self):
        bundle = self.manifest["bundle"]
        said, index = self.entry("data/log/" + bundle + ".entry", bundle, ("evidence.exported",), bundle)
        whole = sum(one["whole"] for one in self.manifest["exchanges"])
        expected = dict(self.manifest["counts"], manifest=self.digests[MANIFEST][0], whole=whole)
        need(said["data"] == expected, "the log says something else of this bundle")
        return "the manifest is entry %d of the log, made %s" % (index, plain(said["at"]))

    def check_exchange(self, one):
        own, path = one["id"], "data/exchanges/" + one["id"]
        said, index = self.entry(path + ".entry", own, ("exchange.archived",), own)
        shown = Shown(read_canonical(read(self.bag, path + ".proof.json", MOST_LIST), ascii_only=True))
        need(shown.root == said["data"]["commitment"], "what is shown is not what was committed to")
        run, account = shown.get("facts", "run"), shown.get("facts", "account")
        logged = (said["data"]["run"], said["data"]["account"], said["data"]["segment"])
        need((run, account, one["segment"]) == logged, "another run, account or segment")
        ordinal = str(shown.get("facts", "ordinal"))
        need(shown.get("facts", "exchange") == own == derived("ex", run, ordinal), "it is another exchange")
        need(one["url_shown"] == shown.has("facts", "url"), "the address is shown, or not, against the manifest")
        if one["whole"]:
            self.check_whole(path + ".warc.gz", shown.get("response_sha256"))
        self.shown[own] = shown
        return self.describe(shown) + "; entry %d of the log" % index

    def describe(self, shown):
        where = shown.get("facts", "url") if shown.has("facts", "url") else "an address that names other records"
        cut = "; it was cut off: " + str(shown.get("facts", "truncated")) if shown.has("facts", "truncated") else ""
        when, status = shown.get("facts", "received_at"), shown.get("facts", "status")
        if shown.has("facts", "source") and shown.get("facts", "source") == "made":
            return plain(
                "picture that the archive drew itself at %s; no answer, and no screenshot of the platform" % when
            )
        return plain("answer of %s, status %s, received %s by the archive's clock%s" % (where, status, when, cut))

    def check_whole(self, path, expected):
        """The stored answer, as WARC: its block is the one that was committed to."""
        with self.bag.open(path) as file:
            stream = Member(file)
            head = stream.until(b"\r\n\r\n", 1 << 17)
            length = re.search(rb"\r\nContent-Length: ([0-9]{1,12})\r\n", head)
            need(head.startswith(b"WARC/1.1\r\n") and length, "the stored exchange is no WARC record")
            need(stream.digest(int(length.group(1))) == expected, "the stored answer is another one")

    def check_run(self, one):
        path = "data/runs/" + one["name"]
        said, index = self.entry(path + ".entry", one["name"], ("run.recorded", "run.finished"), one["run"])
        shown = Shown(read_canonical(read(self.bag, path + ".proof.json", MOST_LIST), ascii_only=True))
        logged = (said["data"]["part"], said["data"]["commitments"][one["access"]])
        need((one["part"], shown.root) == logged, "what is shown is not what was committed to")
        need(shown.get("run_record", "run") == one["run"], "it is another run")
        self.shown[one["name"]] = shown
        return "what the archive concluded in this run; entry %d of the log" % index

    # Time-stamps.

    def check_stamp(self, one):
        folder, needed = "data/stamps/%020d/" % one["size"], bool(self.tsa_roots)
        if self.claim("stamped log", str(one["size"]), self.check_stamped, one, folder):
            for token in one["tokens"]:
                if self.claim("time-stamp", token["service"], self.check_token, folder, token, required=needed):
                    for name in one["entries"]:
                        self.times.setdefault(name, self.claims[-1]["detail"])

    def check_stamped(self, one, folder):
        content = read(self.bag, folder + "checkpoint", MOST_NOTE)
        log, size, root = read_checkpoint(content)
        need(log == self.log and size == one["size"], "a stamped checkpoint of another log or size")
        key = check_signature(content, self.keys)
        lines = read(self.bag, "data/log/%020d.consistency" % size, MOST_NOTE).decode("ascii").split("\n")
        need(lines.pop() == "" and len(lines) <= 130, "a proof of consistency is malformed")
        check_consistency(size, self.size, root, self.root, [from_base64(line) for line in lines])
        for name in one["entries"]:
            index, path, checkpoint = read_proof_file(read(self.bag, folder + name + ".tlog-proof", MOST_NOTE))
            need(checkpoint == content and index == self.logged[name][0], "a proof is of something else")
            found = root_by_path(size, index, leaf_hash(self.logged[name][1]), path)
            need(found == root, "an entry is not in the stamped log")
        return "the first %d entries of the log, signed by key %s; %d of them are here" % (
            size,
            key,
            len(one["entries"]),
        )

    def check_token(self, folder, token):
        said = fields(token, text="service time")["time"]
        if not self.tsa_roots:
            return NOT_CHECKED, "it says %s; add --tsa-roots with the service's root certificates" % plain(said)
        if not shutil.which("openssl"):
            return NOT_CHECKED, "it says %s; the program openssl is not on this machine" % plain(said)
        with tempfile.TemporaryDirectory() as place:
            stamped, answer = os.path.join(place, "checkpoint"), os.path.join(place, "answer.tsr")
            for path, name in ((stamped, "checkpoint"), (answer, token["service"] + ".tsr")):
                with open(path, "wb") as file:
                    file.write(read(self.bag, folder + name, MOST_NOTE))
            told = re.search(rb"Time stamp: ([ -~]{10,60})", openssl("-reply", "-in", answer, "-text"))
            when = second_of(told.group(1).decode()) if told else None
            need(when == said[:19], "the time-stamp says another time than the manifest")
            # Its certificate has to be good at that time, not for ever.
            at = str(calendar.timegm(time.strptime(when, "%Y-%m-%dT%H:%M:%S")))
            asked = ("-data", stamped, "-in", answer, "-CAfile", self.tsa_roots, "-attime", at)
            need(b"Verification: OK" in openssl("-verify", *asked), "openssl does not accept the time-stamp")
        return "existed not later than %s UTC, by the word of %s" % (when, plain(token["service"]))

    # Records.

    def check_record(self, one):
        try:
            record = read_json(read(self.bag, one["file"], MOST_LIST), AS_WRITTEN)
            said = self.manifest["format"] == SAID
            fields(record, any=self.named(READING), many="challenges" if said else "")
        except Wrong as error:
            self.claim("record", one["id"], need, False, str(error))
            return
        for seen in one["occurrences"]:
            self.claim("record", one["id"], self.check_occurrence, one, seen)
        for medium in one["media"]:
            self.claim("file", medium["id"], self.check_medium, one, medium)
        for picture in one.get("pictures", ()):
            self.claim("picture", picture["exchange"], self.check_picture, one, picture)
        for state in one["states"]:
            self.claim("state", one["id"], self.check_state, one, record["key"], state)
        self.claim("reading", one["id"], self.check_reading, one, record, required=False)
        try:
            links = [link for version in record["versions"] for link in version.get("links", ())]
        except MALFORMED:
            links = [None]
        for link in links:
            self.claim("link", one["id"], self.check_link, one, link, required=False)
        for said in record.get("challenges", ()):
            self.claim("challenge", one["id"], self.check_challenge, said, required=False)

    def nodes_of(self, seen):
        """[(what was shown, path)] of the record's own nodes in an answer."""
        shown = self.shown.get(seen["exchange"])
        need(shown, "its exchange did not pass")
        place = shown.get("facts", "records", seen["position"])[1]
        match = re.fullmatch("bytes=([0-9]{1,12})-([0-9]{1,12})", place)
        if match:
            return self.slices_of(shown, int(match.group(1)), int(match.group(2)))
        need(place == "" or place.startswith("/"), "a place that this program does not know")
        wanted = tuple(part.replace("~1", "/").replace("~0", "~") for part in place.split("/")[1:])
        found = [(value, path) for path, value in shown.values.items() if path[:1] == ("body",)]
        return [(value, path) for value, path in found if tuple(map(str, path[1 : len(wanted) + 1])) == wanted]

    def slices_of(self, shown, start, end):
        """The slices that are just these bytes of the body."""
        found, at, last = [], start, shown.counts.get(("slices",), 0) - 1
        for path in sorted(path for path in shown.values if path[:1] == ("slices",)):
            index = path[1]
            begins = 0 if index == 0 else int(shown.get("facts", "cuts", index - 1))
            if start <= begins < end:
                content = shown.values[path]
                need(begins == at, "bytes of the record are not shown")
                at = begins + len(content)
                need(index == last or int(shown.get("facts", "cuts", index)) == at, "a slice has another size")
                found.append((content, path))
        need(at == end, "bytes of the record are not shown")
        return found

    def check_occurrence(self, one, seen):
        fields(seen, text="exchange version", number="position")
        exchange, position = seen["exchange"], seen["position"]
        nodes, shown = self.nodes_of(seen), self.shown[exchange]
        key = shown.get("facts", "records", position)[0]
        need(one["id"] == derived("rc", shown.get("facts", "account"), key), "it is another record")
        need(nodes, "nothing of the record is shown")
        return "stood in the %s; %s" % (
            self.describe(shown),
            self.times.get(exchange, "not time-stamped, or not checked"),
        )

    def check_medium(self, one, medium):
        shown = self.shown.get(medium["exchange"])
        need(shown, "its exchange did not pass")
        own = (shown.get("facts", "medium", "id"), shown.get("facts", "medium", "record"))
        need(own == (medium["id"], one["id"]), "it is another record's file")
        need(not shown.has("facts", "truncated"), "the file was cut off")
        need(self.digests[medium["file"]][0] == shown.get("facts", "body_sha256"), "it is not the file that came")
        return "SHA-256 %s; %s" % (self.digests[medium["file"]][0], self.describe(shown))

    def check_picture(self, one, picture):
        """A picture that the archive drew of words that are here too. It is none of what the platform showed."""
        shown = self.shown.get(picture["exchange"])
        need(shown, "its exchange did not pass")
        need(shown.get("facts", "source") == "made", "it is no picture that the archive drew")
        need(shown.get("facts", "picture", "record") == one["id"], "it is a picture of another record")
        words = [str(shown.get("facts", "picture", "drawn_from", number)) for number in (0, 1)]
        here = [[seen["exchange"], str(seen["position"])] for seen in one["occurrences"]]
        need(words in here, "the words that it was drawn from are not here")
        need(
            self.digests[picture["file"]][0] == shown.get("facts", "body_sha256"),
            "it is not the picture that is stored",
        )
        return "SHA-256 %s; %s" % (self.digests[picture["file"]][0], self.describe(shown))

    def check_state(self, one, key, state):
        fields(state, text="state at run", number="index", many="evidence")
        shown = self.shown.get(state["run"])
        need(shown, "its run record did not pass")
        need(one["id"] == derived("rc", shown.get("run_record", "account"), key), "it is another record")
        expected = [key, state["state"], state["at"], state["evidence"]]
        need(shown.get("run_record", "states", state["index"]) == expected, "the run record says something else")
        need(all(name in self.shown for name in state["evidence"]), "an answer that led to it is not shown")
        said = (plain(state["state"]), plain(state["at"]), len(state["evidence"]))
        return "%s: so the archive concluded at %s from %d answers" % said

    def check_link(self, one, link):
        """Where a short link in the words of a record led on the day the archive followed it: so it concluded then from
        answers that are here. The service may lead it elsewhere on another day."""
        fields(link, text="address at state", any="target reason run index", many="exchanges")
        if link["run"] is None:
            need(not link["exchanges"], "answers without what was concluded from them")
            return NOT_CHECKED, "the archive says where it led, and nothing here proves it"
        shown = self.shown.get(link["run"])
        need(shown, "its run record did not pass")
        names = ["address", "at", "state", "target", "reason", "exchanges"]
        for name in names:
            place = ("run_record", "links", int(link["index"]), name)
            said = shown.get(*place) if shown.has(*place) else None
            need(said == link[name], "the run record says something else")
        need(link["exchanges"], "without the answers that led to it")
        for hop, name in enumerate(link["exchanges"]):
            need(name in self.shown, "an answer that led to it is not shown")
            asked = self.shown[name].get("facts", "ask", "context")
            need((asked["address"], int(asked["hop"])) == (link["address"], hop), "an answer about another link")
        said = (link["address"], link["state"], link["target"] or "no known address", link["at"])
        words = [text for seen in one["occurrences"] for value, _ in self.nodes_of(seen) for text in strings(value)]
        if not any(link["address"].partition("://")[2] in text for text in words):
            return NOT_CHECKED, plain("%s is not written so in the words that are shown" % link["address"])
        return plain("%s: %s, %s; so the archive found at %s" % said)

    def check_challenge(self, said):
        """What people entered about a record (Wis. Stat. 19.70) has its form, and is proven by nothing here."""
        fields(said, text="note id entered_at received_on individual disputed outcome", any=CHALLENGE)
        return NOT_CHECKED, "entered by people at %s, and no part of what was captured" % plain(said["entered_at"])

    def check_reading(self, one, record):
        """Whether each text in the archive's reading stands, character for character, in what is shown."""
        need(record["id"] == one["id"], "the reading is of another record")
        texts = {text for version in record["versions"] for text in strings(version["content"])}
        shown = [value for seen in one["occurrences"] for value, _ in self.nodes_of(seen)]
        found = {text for value in shown for text in strings(value)}
        proven = [value.decode("utf-8", "replace") for value in shown if isinstance(value, bytes)]
        missing = [text for text in texts - found if not any(text in whole for whole in proven)]
        if missing:
            said = "%d of %d texts are the archive's own rendering; compare them with what is shown"
            return NOT_CHECKED, said % (len(missing), len(texts))
        return "all %d texts of the reading stand so in what is shown" % len(texts)


class Member:
    """The first member of a gzip file, inflated within limits."""

    def __init__(self, file):
        self.file, self.inflate, self.held, self.given = file, zlib.decompressobj(31), b"", 0

    def more(self):
        data = self.inflate.unconsumed_tail or self.file.read(1 << 16)
        piece = self.inflate.decompress(data, 1 << 20) if data and not self.inflate.eof else b""
        self.given += len(piece)
        need(self.given <= MOST_BLOCK, "a stored exchange is too large for this program")
        need(piece or (data and not self.inflate.eof), "a stored exchange is cut off")
        return piece

    def until(self, mark, limit):
        while mark not in self.held:
            need(len(self.held) < limit, "a stored exchange has no end to its head")
            self.held += self.more()
        head, _, self.held = self.held.partition(mark)
        return head + b"\r\n"

    def digest(self, size):
        found, left = hashlib.sha256(), size
        while left:
            piece = (self.held or self.more())[:left]
            self.held = self.held[len(piece) :]
            found.update(piece)
            left -= len(piece)
        return found.hexdigest()


def strings(value):
    if isinstance(value, (dict, list)):
        for one in value.values() if isinstance(value, dict) else value:
            for text in strings(one):
                yield text
    elif isinstance(value, str) and not isinstance(value, Number) and value:
        yield value


def openssl(*arguments):
    """What ``openssl ts`` says."""
    environment = dict(os.environ, LC_ALL="C", OPENSSL_CONF=os.devnull)
    pipe, asked = subprocess.PIPE, ["openssl", "ts"] + list(arguments)
    return subprocess.run(asked, stdout=pipe, stderr=subprocess.STDOUT, env=environment, timeout=60, check=False).stdout


def second_of(told):
    """``2026-11-28T23:14:26`` of ``Nov 28 23:14:26 2026 GMT``, as openssl tells times."""
    match = re.fullmatch(r"([A-Z][a-z]{2}) +([0-9]{1,2}) ([0-9:]{8})(?:\.[0-9]+)? ([0-9]{4}) GMT", told)
    months = "JanFebMarAprMayJunJulAugSepOctNovDec"
    need(match and match.group(1) in months, "openssl tells the time in another form")
    month = months.index(match.group(1)) // 3 + 1
    return "%s-%02d-%02dT%s" % (match.group(4), month, int(match.group(2)), match.group(3))


def plain(text):
    """Text that cannot steer a terminal."""
    return json.dumps(str(text))[1:-1][:2000]


def verify(bag, keys=(), tsa_roots=None):
    """All claims of a bundle, and whether it passes."""
    verifier = Verifier(bag, keys, tsa_roots)
    return verifier.run(), verifier.ok


def keys_from(given):
    """The keys of ``--key``: each a key, or a file that holds some."""
    found = []
    for one in given:
        text = one
        if os.path.isfile(one):
            with io.open(one, encoding="utf-8", errors="replace") as file:
                text = file.read(MOST_NOTE)
        found += [read_key(match.group()) for match in KEY.finditer(text)]
    return found


def report(claims, ok, everything):
    by_name = {}
    for one in claims:
        by_name.setdefault((one["claim"], one["result"]), []).append(one)
    for (name, result), some in by_name.items():
        few = some if everything or result == FAIL or len(some) <= 10 else some[:3]
        for one in few:
            print("%-11s %s %s: %s" % (result, name, plain(one["subject"]), one["detail"]))
        if len(few) < len(some):
            print("%-11s %s: and %d more of the same" % (result, name, len(some) - len(few)))
    print()
    print(PROVES)
    print()
    print("VERIFIED: all required claims pass." if ok else "NOT VERIFIED: do not rely on this bundle.")


def main(arguments):
    usage, given, folders, roots, flags = __doc__.split("\n\n")[1].strip(), [], [], None, set()
    waiting = list(arguments)
    while waiting:
        word = waiting.pop(0)
        if word in ("--key", "--tsa-roots") and waiting:
            given, roots = (given + [waiting.pop(0)], roots) if word == "--key" else (given, waiting.pop(0))
        elif word in ("--json", "--all"):
            flags.add(word)
        elif word in ("-h", "--help"):
            print(__doc__)
            return 0
        else:
            folders.append(word)
    if (
        len(folders) != 1
        or folders[0].startswith("-")
        or not os.path.isdir(folders[0])
        or (roots and not os.path.isfile(roots))
    ):
        print("Use: " + usage, file=sys.stderr)
        return 2
    try:
        keys = keys_from(given)
        need(bool(keys) == bool(given), "no key stands there")
    except Wrong as error:
        print("--key: %s" % error, file=sys.stderr)
        return 2
    try:
        claims, ok = verify(Folder(folders[0]), keys, roots)
    except (Wrong, OSError) as error:
        claims, ok = (
            [{"claim": "files", "subject": "bundle", "result": FAIL, "detail": str(error), "required": True}],
            False,
        )
    if "--json" in flags:
        print(json.dumps({"verified": ok, "claims": claims}, indent=1))
    else:
        report(claims, ok, "--all" in flags)
    return 0 if ok else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
