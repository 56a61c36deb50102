"""Addresses for deliveries from the command line."""

from __future__ import annotations

import io

import pytest


def test_the_command_tells_the_address_and_needs_what_signs(archiver, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    assert archiver("platform", "hook", "facebook").code == 3, "its application is not stored yet"
    monkeypatch.setattr("sys.stdin", io.StringIO("a-client-secret-of-the-city\n"))
    archiver("platform", "app", "facebook", "--id", "client-1")
    told = archiver("platform", "hook", "facebook", "--json").json
    assert told["address"].startswith("http://127.0.0.1:8080/hooks/facebook/")
    assert told["verify_token"]
    assert archiver("platform", "hook", "facebook", "--json").json == told, "made once"
    assert "ARCHIVER_WEB_URL names no address" in archiver("platform", "hook", "facebook").out
    refused = archiver("platform", "hook", "x")
    assert (refused.code, "API key secret" in refused.err) == (2, True)
    monkeypatch.setattr("sys.stdin", io.StringIO("an-api-key-secret\n"))
    given = archiver("platform", "hook", "x", "--secret")
    assert (given.code, "an-api-key-secret" in given.out + given.err) == (0, False)
    for platform in ("youtube", "instagram", "reddit", "nothing"):
        assert archiver("platform", "hook", platform).code == 2
    assert archiver("platform", "hook", "facebook", "--remove").code == 0
    assert archiver("platform", "hook", "facebook", "--remove").code == 3
    assert archiver("platform", "hook", "facebook", "--json").json["address"] != told["address"]
