"""Which package may import which (``docs/architecture.md``). Read from the source, so that it holds from now on."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
CONTRACT = "connectors.contract"

#: Modules that everybody may import. They import no package.
SHARED = frozenset(
    {
        "canonical",
        "compact",
        "clock",
        "database",
        "database_failures",
        "engines",
        "errors",
        "faults",
        "helper",
        "helping",
        "ids",
        "logs",
        "sealed_file",
        "sealing",
        "settings",
        "viewing",
        "visible",
        "__init__",
    }
)
#: Where the arrows of each package lead.
ARROWS: dict[str, frozenset[str]] = {
    "wire": frozenset(),
    "storage": frozenset({"wire"}),
    "evidence": frozenset({"storage"}),
    "mail": frozenset({"evidence", "archive", "http"}),
    "accounts": frozenset({"mail", "evidence", "storage", "archive", "http"}),
    "quota": frozenset(),
    "people": frozenset({"accounts", "evidence", "storage", "archive"}),
    "desk": frozenset({"people", "records", "search", "evidence", "archive"}),
    "challenges": frozenset({"people", "records", "evidence", "archive"}),
    "moderation": frozenset({"accounts", "people", "records", "evidence", "archive"}),
    "official": frozenset({"people", "records", "evidence", "archive"}),
    "page_roles": frozenset({"people", "records", "evidence", "archive"}),
    "records": frozenset({"evidence", "storage"}),
    "search": frozenset({"records", "evidence", "storage"}),
    "capture": frozenset(
        {
            *(
                "accounts",
                "people",
                "challenges",
                "moderation",
                "page_roles",
                "official",
                "desk",
                "pictures",
                "quota",
                "records",
                "search",
                "evidence",
                "storage",
                "wire",
            ),
            *("archive", "http"),
        }
    ),
    "imports": frozenset({"capture", "records", "evidence", "wire", "archive"}),
    "practice": frozenset(),
    "pictures": frozenset(),
    "release": frozenset(
        {
            *("challenges", "desk", "people", "capture", "operations", "records", "search", "evidence", "storage"),
            "archive",
        }
    ),
    "operations": frozenset(
        {
            *("accounts", "people", "moderation", "desk", "challenges", "capture", "pictures", "quota", "records"),
            *("page_roles", "official"),
            *("mail", "search", "evidence", "storage", "archive", "migrate"),
        }
    ),
    "work": frozenset(
        {
            *("accounts", "mail", "people", "capture", "operations", "evidence", "practice", "release"),
            *("archive", "http"),
        }
    ),
    "web": frozenset(
        {
            *("accounts", "people", "moderation", "desk", "challenges", "capture", "operations", "records", "search"),
            *("page_roles", "official"),
            *("mail", "evidence", "release", "storage", "work", "archive"),
        }
    ),
    "cli": frozenset(
        {
            *("accounts", "people", "capture", "imports", "operations", "records", "search", "evidence", "release"),
            *("challenges", "official", "storage", "work", "archive"),
        }
    ),
    # Modules that put packages together.
    "archive": frozenset({"accounts", "evidence", "records", "search", "storage", "migrate"}),
    "http": frozenset({"capture", "wire"}),
    "migrate": frozenset(),
}
#: Arrows that go the wrong way today. Nothing is added here; what is mended is taken out.
NOT_YET = frozenset(
    {
        ("accounts", "capture"),
        ("records", "accounts"),
        ("records", "capture"),
        ("search", "accounts"),
        ("operations", "cli"),
        ("operations", "work"),
        ("work", "web"),
    }
)


def modules() -> Iterator[tuple[str, Path]]:
    """Every module with its package, or itself where it stands in none."""
    for path in sorted((ROOT / "archiver").rglob("*.py")):
        inside = path.relative_to(ROOT / "archiver")
        yield (inside.parts[0] if len(inside.parts) > 1 else inside.stem), path


def imported(path: Path) -> Iterator[str]:
    """Full names of what a module imports."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield node.module or ""
            yield from (f"{node.module}.{name.name}" for name in node.names)


def arrows() -> set[tuple[str, str]]:
    found = set()
    for package, path in modules():
        for name in imported(path):
            top, _, rest = name.partition(".")
            to = rest.partition(".")[0]
            known = (to and (ROOT / "archiver" / to).is_dir()) or (ROOT / "archiver" / f"{to}.py").is_file()
            if top == "archiver" and known and to != package and to not in SHARED:
                found.add((package, to))
    return found


def test_every_package_is_listed() -> None:
    assert {package for package, _ in modules()} - SHARED - {"__main__"} == set(ARROWS)


def test_arrows_point_one_way() -> None:
    allowed = {(package, to) for package, some in ARROWS.items() for to in some} | {("__main__", "cli")}
    assert arrows() - allowed - NOT_YET == set()


def test_what_is_mended_is_taken_out() -> None:
    assert arrows() >= NOT_YET


def test_arrows_go_in_no_circle() -> None:
    """But for capture and the client it asks with, and for what puts the packages together."""
    left = {package: {to for to in some if to not in ("http", "archive")} for package, some in ARROWS.items()}
    del left["http"], left["archive"]
    while left:
        leaves = {package for package, some in left.items() if not some & left.keys()}
        assert leaves, f"a circle among {sorted(left)}"
        left = {package: some for package, some in left.items() if package not in leaves}


def test_shared_modules_import_no_package() -> None:
    for module, path in modules():
        if module in SHARED:
            for name in imported(path):
                top, _, rest = name.partition(".")
                assert top != "connectors", path
                assert top != "archiver" or rest.partition(".")[0] not in ARROWS, (path, name)


@pytest.mark.parametrize("path", sorted((ROOT / "connectors").glob("*.py")), ids=lambda path: path.stem)
def test_connectors_import_nothing_of_the_archiver(path: Path) -> None:
    assert not [name for name in imported(path) if name.partition(".")[0] == "archiver"]


@pytest.mark.parametrize("package", ["wire", "storage", "evidence"])
def test_the_lower_packages_know_of_connectors_no_more_than_the_contract(package: str) -> None:
    for one, path in modules():
        if one == package:
            names = {name for name in imported(path) if name.partition(".")[0] == "connectors"}
            assert all(name.startswith(CONTRACT) for name in names), path
