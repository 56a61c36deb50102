"""The trace from each requirement of law to the tests that hold it, written into ``docs/law.md``.

A test says ``@pytest.mark.law("R18")``. ``python -m tests.law`` writes the page; a test compares it.
"""

from __future__ import annotations

import ast
import tomllib
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "law.md"
_INTRODUCTION = """# What the law asks, and what holds it

Generated from `docs/law.toml` and the tests' marks by `python -m tests.law`. Each requirement names the tests that
would fail if the archive broke it, or why there is none (yet).

| | requirement | held by |
|---|---|---|
"""


def requirements() -> dict[str, dict[str, str]]:
    """Number → title and, where no test holds it, the reason."""
    return tomllib.loads((ROOT / "docs" / "law.toml").read_text())


@cache
def marked() -> dict[str, list[str]]:
    """Number → tests that carry it, as ``folder/file.py::name``."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        where = path.relative_to(ROOT / "tests").as_posix()
        for name, numbers in _marks(ast.parse(path.read_text())):
            for number in numbers:
                found[number].append(f"{where}::{name}")
    return found


def _marks(tree: ast.Module) -> Iterator[tuple[str, list[str]]]:
    for place in ast.walk(tree):
        if not isinstance(place, ast.FunctionDef | ast.ClassDef):
            continue
        for decorator in place.decorator_list:
            if isinstance(decorator, ast.Call) and ast.unparse(decorator.func) == "pytest.mark.law":
                yield place.name, [str(ast.literal_eval(argument)) for argument in decorator.args]


def page() -> str:
    """The whole page."""
    tests = marked()
    rows = []
    for number, requirement in requirements().items():
        holding = "<br>".join(f"`{name}`" for name in tests.get(number, ()))
        reason = requirement.get("reason", "")
        lacks = f"<br>Not built yet, and no test: {requirement['lacks']}." if "lacks" in requirement else ""
        rows.append(f"| {number} | {requirement['title']} | {holding or reason}{lacks} |")
    return _INTRODUCTION + "\n".join(rows) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page())
