"""The forms in which software writes a secret, made independently of the code that looks for them."""

from __future__ import annotations

import base64
import html
import json
import random
import urllib.parse


def percent_some(value: str, chance: random.Random) -> str:
    """Each byte percent-encoded or not, in either case of the hex digits."""
    return "".join(_percent(character, chance) if chance.random() < 0.5 else character for character in value)


def _percent(character: str, chance: random.Random) -> str:
    form = chance.choice(["%{:02x}", "%{:02X}"])
    return "".join(form.format(byte) for byte in character.encode())


def escape_some(value: str, chance: random.Random) -> str:
    """Each character as a JSON escape or not, in either case of the hex digits."""
    return "".join(_escape(character, chance) for character in value)


def _escape(character: str, chance: random.Random) -> str:
    if character == "/" and chance.random() < 0.5:
        return "\\/"
    if character in '"\\' or chance.random() < 0.5:
        units = character.encode("utf-16-be")
        form = chance.choice(["\\u{:04x}", "\\u{:04X}"])
        return "".join(form.format(units[at] << 8 | units[at + 1]) for at in range(0, len(units), 2))
    return character


def forms(value: str, seed: int) -> dict[str, str]:
    """Name and text of every form."""
    chance = random.Random(seed)
    before = "".join(chance.choice("abcXYZ019 ") for _ in range(chance.randrange(4)))
    after = "".join(chance.choice("abcXYZ019 ") for _ in range(chance.randrange(4)))
    around = (before + value + after).encode()
    encoded = base64.b64encode(around).decode()
    return {
        "plain": value,
        "percent": urllib.parse.quote(value, safe=""),
        "percent, slash kept": urllib.parse.quote(value),
        "percent, all lower": "".join(f"%{byte:02x}" for byte in value.encode()),
        "percent, in part": percent_some(value, chance),
        "percent twice": urllib.parse.quote(urllib.parse.quote(value, safe=""), safe=""),
        "percent in part, twice": urllib.parse.quote(percent_some(value, chance), safe=""),
        "form": urllib.parse.quote_plus(value),
        "json": json.dumps(value)[1:-1],
        "json as php writes it": json.dumps(value)[1:-1].replace("/", "\\/"),
        "json, in part": escape_some(value, chance),
        "json in json": json.dumps(json.dumps(value)[1:-1])[1:-1],
        "percent in json": json.dumps(percent_some(value, chance))[1:-1],
        "html": html.escape(value),
        "html by number": "".join(f"&#{ord(character)};" for character in value),
        "html by hex": "".join(f"&#x{ord(character):X};" for character in value),
        "base64": encoded,
        "base64url": base64.urlsafe_b64encode(around).decode().rstrip("="),
        "base64, percent": urllib.parse.quote(encoded, safe=""),
        "base64 in json": encoded.replace("/", "\\/"),
    }


def undone(data: bytes) -> list[str]:
    """The text, and what it says once each encoding is undone, and each after another: where a secret would show."""
    text = data.decode("utf-8", "replace")
    layers = [text]
    for _ in range(2):
        for each in list(layers):
            layers += [
                urllib.parse.unquote(each),
                urllib.parse.unquote_plus(each),
                html.unescape(each),
                _unescaped(each),
            ]
    return list(dict.fromkeys(layers)) + _base64_read(text)


def _unescaped(text: str) -> str:
    parts, at = [], 0
    while at < len(text):
        if text[at] == "\\" and at + 1 < len(text):
            digits = text[at + 2 : at + 6]
            if text[at + 1] == "u" and len(digits) == 4 and all(digit in "0123456789abcdefABCDEF" for digit in digits):
                parts.append(chr(int(digits, 16)))
                at += 6
            else:
                parts.append(text[at + 1])
                at += 2
        else:
            parts.append(text[at])
            at += 1
    return "".join(parts).encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _base64_read(text: str) -> list[str]:
    """Every reading of the text as base64, at each of the four starts."""
    plain = urllib.parse.unquote(text).replace("\\/", "/").replace("-", "+").replace("_", "/")
    runs = "".join(
        character if character.isascii() and (character.isalnum() or character in "+/") else " " for character in plain
    )
    found = []
    for run in runs.split():
        for start in range(4):
            piece = run[start:]
            if len(piece) % 4 == 1:
                piece = piece[:-1]
            found.append(base64.b64decode(piece + "=" * (-len(piece) % 4)).decode("utf-8", "replace"))
    return found
