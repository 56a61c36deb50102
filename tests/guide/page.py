"""The files that ``docs/writing-a-connector.md`` shows, and the package that they are."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from pathlib import Path
from subprocess import run

PAGE = Path(__file__).parents[2] / "docs" / "writing-a-connector.md"
#: A block of code that says of which file it is a part: ````` ```python name.py `````.
_BLOCK = re.compile(r"^```[a-z]+ (?P<name>[\w.]+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
_BUILD = "import sys; from setuptools import build_meta as backend; print(backend.build_wheel(sys.argv[1]))"


def files(page: str) -> Mapping[str, str]:
    """The files of a page, by name. Parts of one stand two empty lines apart, as functions of a module do."""
    found: dict[str, list[str]] = {}
    for block in _BLOCK.finditer(page):
        found.setdefault(block["name"], []).append(block["text"])
    return {name: "\n\n".join(parts) for name, parts in found.items()}


def write(folder: Path) -> Mapping[str, str]:
    """Lay the files of the page into ``folder``."""
    found = files(PAGE.read_text())
    for name, text in found.items():
        (folder / name).write_text(text)
    return found


def install(source: Path, target: Path) -> Path:
    """Build the package in ``source`` into a wheel, without any network, and unpack that into ``target``; the wheel."""
    import zipfile

    wheels = source / "dist"
    wheels.mkdir()
    built = run([sys.executable, "-c", _BUILD, str(wheels)], cwd=source, capture_output=True, text=True, check=True)
    (wheel,) = wheels.glob("*.whl")
    assert built.stdout.splitlines()[-1] == wheel.name
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(target)
    return wheel
