"""Small clients for the practice server: one that parses, one that sees every byte."""

from __future__ import annotations

import http.client
import json
import re
import socket
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from archiver.practice.server import PracticeServer


@dataclass(frozen=True)
class Got:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    def link(self, relation: str) -> str | None:
        found = re.search(rf'<([^>]*)>; rel="{relation}"', self.headers.get("Link", ""))
        return None if found is None else found[1]


class Client:
    """Keeps one connection; ``get`` takes a path or a full address."""

    def __init__(self, server: PracticeServer, token: str | None = None) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
        self._headers = {} if token is None else {"Authorization": f"Bearer {token}"}

    def get(self, address: str, headers: dict[str, str] | None = None) -> Got:
        parts = urlsplit(address)
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        self._connection.request("GET", target, headers=self._headers | (headers or {}))
        response = self._connection.getresponse()
        return Got(response.status, dict(response.getheaders()), response.read())

    def pages(self, address: str, most: int = 200) -> list[list[Any]]:
        """Follow ``next`` to the end."""
        found: list[list[Any]] = []
        link = address
        while link and len(found) < most:
            got = self.get(link)
            assert got.status == 200, got
            found.append(got.json)
            link = got.link("next") or ""
        return found

    def ids(self, address: str) -> list[int]:
        return [int(status["id"]) for page in self.pages(address) for status in page]


def raw(server: PracticeServer, target: str, *, head: str = "", method: str = "GET") -> bytes:
    """Every byte the server sends on a connection of its own, until it closes it."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        request = f"{method} {target} HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nConnection: close\r\n{head}\r\n"
        connection.sendall(request.encode())
        received = b""
        while more := connection.recv(65536):
            received += more
    return received
