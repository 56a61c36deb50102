"""No secret in any form is left, and nothing else is touched."""

from __future__ import annotations

import base64
import gzip
import json
import zlib

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from archiver.capture.masking import MaskedAnswer, Secret, UnusableSecret, mask, mask_answer, mask_request, mask_text
from archiver.wire import framing
from tests.capture_wire.encodings import forms, undone
from tests.effort import bounded, examples
from tests.servers import answer, chunked

TOKEN = "EAABsbCS1iHg/ZD+fDd0mH9uzQ=pWJ_t3X-7k.LmN~8v"
CHUNKED_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"

secret_values = st.one_of(
    st.text(st.sampled_from("abcdefXYZ0123456789"), min_size=6, max_size=40),
    st.text(st.sampled_from("abAB01+/=-_.~%&?:;,!$'()\"\\<> "), min_size=6, max_size=24),
    st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=6, max_size=12),
)


def usable(value: str) -> bool:
    return value == value.strip() and bool(value.strip("*")) and len(set(value)) > 2


def masked(raw: bytes, *secrets: Secret, closed: bool = True) -> MaskedAnswer:
    """An answer through framing and masking, with what must hold for every one."""
    head = framing.final_head(raw)
    assert head is not None
    body = framing.read_body(raw, head, "GET", closed)
    result = mask_answer(raw[: body.end], head, body, secrets)
    assert len(result.wire) == body.end
    only_the_ranges_changed(raw[: body.end], result.wire, result.ranges)
    if body.kind != "chunked":
        assert result.wire[head.end :] == result.body
    else:
        again = framing.read_body(result.wire, head, "GET", closed)
        assert (list(again.offsets), list(again.places), again.end) == (list(body.offsets), list(body.places), body.end)
        assert framing.deframed(result.wire, again) == result.body
    return result


def only_the_ranges_changed(before: bytes, after: bytes, ranges: tuple[tuple[int, int, str], ...]) -> None:
    position = 0
    for start, end, what in ranges:
        assert position <= start < end <= len(before)
        assert after[position:start] == before[position:start]
        assert after[start:end] == b"*" * (end - start)
        assert what
        position = end
    assert after[position:] == before[position:]


# Known secrets, in every form.


@settings(max_examples=examples(250), deadline=None)
@given(secret_values, st.integers(0, 2**32), st.text(max_size=15), st.text(max_size=15))
@example("%25abcdef", 0, "", "")
@example("a\\b\\\\c\\u0041", 1, "", "")
@example("\\u0041bc\\/d", 5, "\\", "\\")
@example("nabcdef", 2, "x\\", "")
@example("/slash/first", 3, "\\", "")
@example("AAAAAAAB", 4, "AAAA", "AAAA")
def test_no_form_of_a_secret_is_left(value: str, seed: int, before: str, after: str) -> None:
    assume(usable(value))
    for name, form in forms(value, seed).items():
        data = (before + " " + form + " " + after).encode()
        result, ranges = mask(data, [Secret(value)])
        only_the_ranges_changed(data, result, ranges)
        assert ranges, f"not found: {name}"
        shown = [text for text in undone(result) if value in text]
        assert not shown or value in before + after, f"left: {name}"


@settings(max_examples=examples(200), deadline=None)
@given(secret_values, st.integers(0, 2**32), st.integers(1, 40))
def test_a_secret_split_across_chunks_is_masked_and_the_chunks_stay(value: str, seed: int, size: int) -> None:
    assume(usable(value))
    for name, form in forms(value, seed).items():
        body = f'[{{"id": "1"}}, {{"link": " {form} "}}]'.encode()
        result = masked(CHUNKED_HEAD + chunked(body, size), Secret(value))
        assert not any(value in text for text in undone(result.body)), name
        assert any(what == "token" for _, _, what in result.ranges), name


@settings(max_examples=examples(300), deadline=None)
@given(secret_values, st.binary(max_size=300))
def test_bytes_without_the_secret_stay_as_they_are(value: str, data: bytes) -> None:
    assume(usable(value))
    assume(not any(value in text for text in undone(data)))
    result, ranges = mask(data, [Secret(value)])
    assert (result, ranges) == (data, ())


@settings(max_examples=examples(150), deadline=None)
@given(st.integers(0, 2**32), st.sampled_from(['{"a": "@"}', '{"a": "x\\\\@\\\\", "b": 1}', '["\\u00e9@\\n", "@@"]']))
def test_json_stays_json(seed: int, frame: str) -> None:
    for value in (TOKEN, "nabcdef123", "0041bcdef", "u0041bcdef"):
        for name in ("plain", "json", "json, in part", "json as php writes it", "percent, in part", "base64 in json"):
            document = frame.replace("@", forms(value, seed)[name])
            result, _ = mask(document.encode(), [Secret(value)])
            json.loads(result)


def test_nested_escapes_of_a_secret_in_json_stay_json() -> None:
    for depth in range(3):
        text = json.dumps({"next": f"https://x.example/?t={TOKEN}"}).replace("/", "\\/")
        for _ in range(depth):
            text = json.dumps(text)
        result, ranges = mask(text.encode(), [Secret(TOKEN)])
        assert len(ranges) == 1
        assert "EAAB" not in str(json.loads(result))


@pytest.mark.parametrize("alignment", range(6))
def test_base64_leaves_no_character_that_holds_a_bit_of_the_secret(alignment: int) -> None:
    value = "0123456789abcdef!"
    before, after = b"x" * alignment, b"yyyyyyy"
    encoded = base64.b64encode(before + value.encode() + after)
    first, last = alignment * 8 // 6, ((alignment + len(value)) * 8 - 1) // 6
    result, ranges = mask(encoded, [Secret(value)])
    assert ranges == ((first, last + 1, "token"),)
    assert result[:first] == encoded[:first]


def test_a_basic_password_is_found_in_its_header() -> None:
    password = "correct horse battery"
    credentials = base64.b64encode(b"mayor:" + password.encode())
    result, _ = mask(b"X-Echo: Basic " + credentials, [Secret(password, "password")])
    assert b"correct" not in base64.b64decode(result[len(b"X-Echo: Basic ") :].replace(b"*", b"A"))


def test_masking_finds_all_of_several_secrets() -> None:
    secrets = [Secret("first-secret", "one"), Secret("second-secret", "two")]
    result, ranges = mask(b"first-secret second-secret first%2Dsecret", secrets)
    assert result == b"************ ************* **************"
    assert [what for _, _, what in ranges] == ["one", "two", "one"]


def test_overlapping_secrets_become_one_range() -> None:
    secrets = [Secret("abcdefgh", "one"), Secret("efghijkl", "two")]
    assert mask(b"-abcdefghijkl-", secrets) == (b"-************-", ((1, 13, "one"),))


def test_asterisks_in_a_secret_do_not_bring_it_back() -> None:
    secrets = [Secret("*abcdef", "one"), Secret("hidden-value", "two")]
    result, _ = mask(b"hidden-valueabcdef", secrets)
    assert b"*abcdef" not in result


@pytest.mark.parametrize("value", ["", "abc", "12345", "******", "line\nbreak", "nul\0nul", "tab\ttab", "\ud800abcdef"])
def test_a_secret_that_cannot_be_masked_is_refused_without_being_shown(value: str) -> None:
    with pytest.raises(UnusableSecret) as caught:
        Secret(value, "app password")
    assert "app password" in str(caught.value)
    assert not value or value not in str(caught.value)


def test_a_secret_does_not_show_itself() -> None:
    secret = Secret(TOKEN, "access_token")
    for text in (repr(secret), str(secret), f"{secret}", f"{[secret]}", "%s" % secret, repr({"a": secret})):  # noqa: UP031
        assert "EAAB" not in text
        assert "access_token" in text


# Requests.


def test_credential_headers_and_parameters_of_a_request_are_masked() -> None:
    request = (
        b"GET /v1?fields=a&access_token=AT-1&key=K-2&code=C-3&next=%2Fx%3Ftoken%3DT-4%26a%3Db&page=2 HTTP/1.1\r\n"
        b"Host: api.example\r\nauthorization:Bearer B-5\r\nCookie: a=C-6; b=C-7\r\nX-Api-Key:  X-8\r\n"
        b"Proxy-Authorization: Basic UC05\r\nX-Page: 2\r\n\r\n"
    )
    result, ranges = mask_request(request, [])
    only_the_ranges_changed(request, result, ranges)
    assert result == (
        b"GET /v1?fields=a&access_token=****&key=***&code=***&next=%2Fx%3Ftoken%3D***%26a%3Db&page=2 HTTP/1.1\r\n"
        b"Host: api.example\r\nauthorization:Bearer ***\r\nCookie: ************\r\nX-Api-Key:  ***\r\n"
        b"Proxy-Authorization: Basic ****\r\nX-Page: 2\r\n\r\n"
    )
    assert [what for _, _, what in ranges] == [
        *("access_token", "key", "code", "token", "authorization", "cookie", "api_key", "authorization")
    ]


def test_bodies_of_requests_are_masked() -> None:
    head = b"POST /t HTTP/1.1\r\nContent-Length: 9\r\n\r\n"
    form = b"client_secret=S%201+2&grant_type=x&code=abc&refresh_token=r"
    assert mask_request(head + form, [])[0] == head + b"client_secret=*******&grant_type=x&code=***&refresh_token=*"
    document = b'{"identifier": "me", "password": "p w", "code": "12", "n": 1}'
    assert (
        mask_request(head + document, [])[0] == head + b'{"identifier": "me", "password": "***", "code": "**", "n": 1}'
    )


# What an answer newly issues.


def test_what_an_answer_issues_is_masked_everywhere_in_it() -> None:
    issued = "ya29.A0ARrdaM-newly-issued_0123456789"
    document = json.dumps(
        {
            "access_token": issued,
            "again": [issued, f"https://x.example/?t={issued}", base64.b64encode(b"xx" + issued.encode()).decode()],
            "token_type": "Bearer",
            "nextPageToken": "CAUQAA",
            "statuses": [{"content": "about access_token and passwords", "code": "rest_no_route", "key": "value"}],
        }
    ).encode()
    cookie = "s%3Aabc123DEF456ghi789.SIGNATURE"
    raw = answer(document, f"Set-Cookie: sid={cookie}; Path=/; HttpOnly", f"X-Echo: {issued}", "ETag: abc")
    result = masked(raw)
    assert issued.encode() not in result.wire
    assert cookie.encode() not in result.wire
    assert b"Set-Cookie: sid=" + b"*" * len(cookie) + b"; Path=/; HttpOnly\r\n" in result.wire
    read = json.loads(result.body)
    assert read["nextPageToken"] == "CAUQAA"
    assert read["token_type"] == "Bearer"
    assert read["statuses"] == json.loads(document)["statuses"]
    assert {what for _, _, what in result.ranges} >= {"access_token", "cookie"}


@pytest.mark.parametrize(
    "body",
    [
        b'{"access_token":"@"}',
        b'{"refresh_token" : "@"}',
        b'{"x":{"id_token":\n"@"}}',
        b'{"client_secret":"@","a":1}',
        b'{"accessJwt":"@"}',
        b'{"accessToken":"@"}',
        b'{"oauth_token_secret":"@"}',
        b'{"api_key":"@","apiKey":"@"}',
        b'{"password":"@"}',
        b'{"paging":{"next":"https:\\/\\/graph.example\\/v1\\/?limit=2\\u0026access_token=@\\u0026after=3"}}',
        b'{"url":"https://x.example/?appsecret_proof=@&a=b"}',
        b'{"body":"{\\"access_token\\":\\"@\\"}"}',
        b'{"redirect":"https%3A%2F%2Fx%3Frefresh_token%3D@%26a"}',
        b"access_token=@&expires=5184000",
        b"<a href='https://x.example/?a=1&amp;access_token=@'>",
        b'{"note":"send Authorization: Bearer @"}',
    ],
)
def test_an_issued_secret_is_masked_where_it_stands(body: bytes) -> None:
    canary = b"CANARY0-issued.1234567890"
    for raw in (answer(body.replace(b"@", canary)), CHUNKED_HEAD + chunked(body.replace(b"@", canary), 5)):
        result = masked(raw)
        assert result.body == body.replace(b"@", b"*" * len(canary))


@pytest.mark.parametrize(
    "body",
    [
        b'{"code":"rest_post_invalid_id","message":"Invalid post ID.","data":{"status":404}}',
        b'{"error":{"code":190,"type":"OAuthException"}}',
        b'{"next_page_token":"abc","pageToken":"def","continuation_token":"ghi"}',
        b'{"content":"use promo code=SAVE20 and key=value, token=x","key":"k","state":"open"}',
        b'{"content":"https://shop.example/?code=SAVE20&key=5&state=wi"}',
        b'{"content":"the bearer of good news, bearer bonds","secret":"what a secret garden"}',
        b'{"content":"access_token: a word","password_protected":false,"access_token":null,"id_token":""}',
        b"<p>access_token = my thoughts</p><p>api keys, a keyboard, tokens</p>",
    ],
)
def test_what_people_write_is_not_touched(body: bytes) -> None:
    assert masked(answer(body)).ranges == ()


def test_a_redirect_that_ends_a_sign_in_is_masked_and_others_are_not() -> None:
    back = masked(answer(b"", "Location: https://x.example/cb?code=SplxlOBeZQ&state=xyz", status="302 Found"))
    assert b"Location: https://x.example/cb?code=**********&state=xyz\r\n" in back.wire
    assert masked(answer(b"", "Location: https://x.example/?code=SAVE20&key=1", status="302 Found")).ranges == ()


def test_a_commenter_cannot_blank_words_elsewhere() -> None:
    """Whoever writes ``?access_token=Springfield`` under a post must not make the archive lose that word."""
    comment = json.dumps(
        {"content": 'see https://x.example/?access_token=Springfield and {"access_token":"Springfield"}'}
    )
    body = f'[{comment}, {{"content": "Springfield council"}}]'.encode()
    result = masked(answer(body))
    assert b"Springfield council" in result.body
    page = b'<p>I write "access_token":"Springfield" and ?access_token=Springfield</p><p>Springfield council</p>'
    assert b"<p>Springfield council</p>" in masked(answer(page, "Content-Type: text/html")).body


def test_an_ordinary_cookie_does_not_blank_the_record() -> None:
    result = masked(
        answer(
            b'{"lang": "english", "id": "109876543210987654"}',
            "Set-Cookie: lang=english",
            "Set-Cookie: user=109876543210987654",
            "Set-Cookie: gone=; Max-Age=0",
        )
    )
    assert result.body == b'{"lang": "english", "id": "109876543210987654"}'
    assert b"lang=*******\r\n" in result.wire
    assert b"gone=; Max-Age=0" in result.wire


def test_trailers_and_chunk_extensions_are_masked() -> None:
    raw = CHUNKED_HEAD + f"2;x={TOKEN}\r\nhi\r\n0\r\nX-Echo: {TOKEN}\r\nSet-Cookie: a=b\r\n\r\n".encode()
    result = masked(raw, Secret(TOKEN))
    assert TOKEN.encode() not in result.wire
    assert b"Set-Cookie: a=*\r\n" in result.wire


@pytest.mark.parametrize("cut", range(len(TOKEN)))
def test_half_a_secret_at_a_cut_is_masked(cut: int) -> None:
    raw = b'HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n{"a": "' + TOKEN[:cut].encode()
    result = masked(raw, Secret(TOKEN))
    assert result.body == b'{"a": "' + (TOKEN[:cut].encode() if cut < 4 else b"*" * cut)


def test_an_issued_secret_at_a_cut_is_masked() -> None:
    raw = b'HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n{"access_token": "half-of'
    assert masked(raw).body == b'{"access_token": "*******'


# Compressed bodies.

COMPRESSED = {
    "gzip": lambda plain: gzip.compress(plain, mtime=0),
    "x-gzip": lambda plain: gzip.compress(plain[:5], mtime=0) + gzip.compress(plain[5:], mtime=0),
    "deflate": lambda plain: zlib.compress(plain),
}


@pytest.mark.parametrize("coding", COMPRESSED)
def test_a_compressed_body_that_holds_a_secret_is_masked_whole(coding: str) -> None:
    for text, secrets in ((f'{{"a":"{TOKEN}"}}', [Secret(TOKEN)]), ('{"access_token":"issued-12345"}', [])):
        raw = answer(COMPRESSED[coding](text.encode()), f"Content-Encoding: {coding}")
        result = masked(raw, *secrets)
        assert set(result.body) == {ord("*")}
        assert len(result.ranges) == 1


@pytest.mark.parametrize("coding", COMPRESSED)
def test_a_compressed_body_without_a_secret_is_kept(coding: str) -> None:
    raw = answer(COMPRESSED[coding](b'{"a": "nothing to hide"}'), f"Content-Encoding: {coding}")
    assert masked(raw, Secret(TOKEN)).wire == raw


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        ("br", b"\x0b\x02\x80hello\x03"),
        ("zstd", b"(\xb5/\xfd"),
        ("gzip", b"not gzip"),
        ("gzip", gzip.compress(b"x" * 100, mtime=0)[:-9]),
        ("gzip", gzip.compress(b"whole", mtime=0) + b"rubbish behind"),
        ("gzip, gzip", gzip.compress(gzip.compress(b"x", mtime=0), mtime=0)),
        ("gzip", gzip.compress(b"\0" * 50_000_000, mtime=0)),
        ("deflate", b"\xff\xff\xff"),
    ],
)
def test_an_undecodable_body_is_masked_whole_only_while_secrets_are_in_play(coding: str, body: bytes) -> None:
    raw = answer(body, f"Content-Encoding: {coding}")
    assert masked(raw, Secret(TOKEN)).body == b"*" * len(body)
    assert masked(raw).wire == raw


def test_an_empty_compressed_body_is_left_alone() -> None:
    raw = answer(b"", "Content-Encoding: br")
    assert masked(raw, Secret(TOKEN)).wire == raw


# Text for people.


def test_urls_and_log_lines_are_masked() -> None:
    secret = Secret(TOKEN)
    assert mask_text("https://x.example/a?access_token=abc&b=c") == "https://x.example/a?access_token=***&b=c"
    assert mask_text("GET https://x.example/?key=AIza&page=2 200") == "GET https://x.example/?key=****&page=2 200"
    assert TOKEN not in mask_text(f"failed with {TOKEN}", [secret])
    assert mask_text("nothing here, \u00e9 \ud800", [secret]) == "nothing here, \u00e9 \ud800"


# Effort.


@pytest.mark.parametrize(("size", "times"), [(100_000, 50), (5_000_000, 1)])
def test_masking_is_fast(size: int, times: int) -> None:
    status = {"id": "1174401", "content": "\\u003cp\\u003eThe council said https:\\/\\/x.example\\/a %20 tokens & keys"}
    piece = json.dumps(status).encode()
    raw = answer(b"[" + b",".join([piece] * (size // len(piece))) + b"]", "Set-Cookie: a=b")
    head = framing.final_head(raw)
    assert head is not None
    body = framing.read_body(raw, head, "GET", False)
    secrets = [Secret(TOKEN), Secret("another-secret-0123456789")]
    with bounded(100):
        for _ in range(times):
            mask_answer(raw, head, body, secrets)


@pytest.mark.parametrize(
    "hostile",
    [
        b"\\" * 2_000_000,
        b"%25" * 700_000,
        b"\\u0061" * 300_000,
        b"%61" * 300_000,
        b"&#" * 1_000_000,
        b'"access_token":"' * 100_000,
        b"?access_token=" * 100_000,
        b"token" * 400_000,
        b"oken=" * 400_000,
        b"Bearer " * 300_000,
        b'"access_token":"' + b"\\" * 1_000_000,
        b"a" * 2_000_000,
    ],
    ids=lambda hostile: hostile[:16].decode(),
)
def test_hostile_text_takes_time_only_in_proportion(hostile: bytes) -> None:
    with bounded():
        masked(answer(hostile), Secret("aaaaaaaaab/aaaaaa"), Secret(TOKEN))
