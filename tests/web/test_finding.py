"""A part of the pages that is not asked about an address has nothing that answers it."""

from __future__ import annotations

import re

from starlette.routing import BaseRoute, Match
from starlette.types import Scope

from archiver.web import door
from archiver.web.app import _every_route, _site_app
from archiver.web.site import Site
from tests.web.conftest import Served


def test_the_routes_that_answer_an_address_are_the_same_as_if_all_were_asked(served: Served) -> None:
    parts = [(part, vars(part)["original_router"]) for part in _every_route().routes]
    filtered = [vars(router).get("matches") for _, router in parts]
    assert sum(one is not None for one in filtered) > len(parts) - 5, "next to no part is asked about everything"
    known = [route.path for route in door.routes(_site_app(Site(served.archive)))]
    paths = sorted({re.sub(r"\{[^}]*\}", "a-b", path) for path in known} | {f"{path}/x" for path in known} | {"/", ""})
    found = {path: _answering(parts, path) for path in paths}
    try:
        for _, router in parts:
            vars(router).pop("matches", None)
        assert found == {path: _answering(parts, path) for path in paths}
    finally:
        for (_, router), one in zip(parts, filtered, strict=True):
            if one is not None:
                vars(router)["matches"] = one
    assert sum(map(bool, found.values())) > 200


def _answering(parts: list[tuple[BaseRoute, object]], path: str) -> list[int]:
    scope: Scope = {"type": "http", "method": "GET", "path": path, "root_path": "", "headers": []}
    return [number for number, (part, _) in enumerate(parts) if part.matches(dict(scope))[0] is not Match.NONE]
