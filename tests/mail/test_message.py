"""A mail as it goes out: names and words of strangers stand in it and steer nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archiver.mail.message import Letter, message
from archiver.mail.trying import HOLDS, LONGEST_TRY, MOST, after
from archiver.operations.owner_letter import Wanted, letter

AT = datetime(2026, 3, 2, 8, tzinfo=UTC)
LINK = "https://records.city.example/connect/" + "x" * 43
WANTED = Wanted(
    "Ada Brown", "ada@city.example", "City News", "X", "https://x.com/city", "Jo Clerk", "jo@city.example", before=True
)
HEADERS = ["Auto-Submitted", "Content-Transfer-Encoding", "Content-Type", "Date", "From", "MIME-Version", "Message-ID",
           "Subject", "To"]  # fmt: skip
HOSTILE = [
    "Ada\r\nBcc: everybody@evil.example",
    "Ada\nBcc: everybody@evil.example\n\n<script>",
    '"Ada" <evil@evil.example>, x',
    "Ada, Bo; Cy <d@e.f>",
    "=?utf-8?q?Ada=0ABcc:_x@evil.example?=",
    "\u202eelpmaxe.live@",
    "Zoë Nuñez-日本 🏙️ شارع",
    "a" * 5000,
    "\ud800 half",
    "\x00\x1b[2J",
    "",
    " ",
    "\u2028\u2029\x85\x0b\x0c",
]


def _read(said: bytes) -> object:
    return message_from_bytes(said, policy=default)


def _check(made: bytes, to: str) -> None:
    read = message_from_bytes(made, policy=default)
    assert sorted(read.keys()) == HEADERS
    (only,) = read["To"].addresses
    assert only.addr_spec == to
    (sender,) = read["From"].addresses
    assert sender.addr_spec == "records@city.example"
    assert made.isascii(), "any server takes it"
    assert all(len(line) <= 998 for line in made.split(b"\r\n"))
    assert b"\n" not in made.replace(b"\r\n", b"")
    assert not read.is_multipart()


@pytest.mark.parametrize("words", HOSTILE)
def test_hostile_names_and_words_add_no_header_and_no_recipient(words: str) -> None:
    about = Wanted(words, "ada@city.example", words, words, words, words, words, before=False)
    made = message(letter(about, LINK, words), "Records archive <records@city.example>", "ml_x", AT)
    _check(made.as_bytes(), "ada@city.example")
    assert LINK in made.get_content()
    assert made["Message-ID"] == "<ml_x@city.example>"


@given(st.text(max_size=300), st.text(max_size=300), st.text(max_size=2000))
def test_no_words_at_all_do(name: str, subject: str, text: str) -> None:
    made = message(Letter("ada@city.example", name, subject, text), "records@city.example", "ml_x", AT)
    _check(made.as_bytes(), "ada@city.example")


def test_what_an_owner_is_written_says_whose_account_it_is_and_what_not_to_do() -> None:
    found = letter(WANTED, LINK, "2026-03-09 08:00 CST")
    assert found.subject == "Please connect City News on X again to the records archive"
    assert found.text.count(LINK) == 1
    for words in ("Ada Brown", "Jo Clerk", "https://x.com/city", "2026-03-09", "once", "995.55", "jo@city.example"):
        assert words in found.text
    assert max(len(line) for line in found.text.splitlines()) < 130


def test_a_mail_is_tried_for_more_than_a_day_ever_more_slowly_and_then_given_up() -> None:
    now, waits = AT, []
    for attempts in range(1, MOST):
        then = after(attempts, now)
        assert then is not None
        waits.append((then - now).total_seconds())
        now = then
    assert waits == sorted(waits)
    assert waits[0] == 60
    assert 24 < (now - AT).total_seconds() / 3600 < 72
    assert after(MOST, now) is None
    assert HOLDS.total_seconds() > 4 * LONGEST_TRY, "a worker that lives holds its mail until it is done"
