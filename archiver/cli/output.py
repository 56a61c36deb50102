"""What commands print. Archived text never reaches a terminal with characters that steer it."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from archiver.clock import to_text
from archiver.visible import one_line, visible


def prepare() -> None:
    """Make standard output and error able to print any text."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")


def finish() -> None:
    """Bring what was printed on its way."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        sys.stderr.close()


def complain(message: str) -> None:
    """One line on standard error."""
    print(f"archiver: {message}", file=sys.stderr)


def line(text: str = "") -> None:
    """One line for people; steering characters made visible."""
    indent = len(text) - len(text.lstrip(" "))
    print(" " * indent + one_line(text), flush=True)


def block(text: str, indent: str = "  ") -> None:
    """Text with its own line breaks, indented so that it cannot pass for the program's words."""
    for part in visible(text).split("\n"):
        print(f"{indent}{part}")


def as_json(value: Any) -> None:
    """One JSON value for programs. Escaped to ASCII, so that no archived character can steer a terminal."""
    print(json.dumps(value, ensure_ascii=True, indent=2, default=_plain))


def table(headings: Sequence[str], rows: Iterable[Sequence[str]], empty: str) -> None:
    """Columns as wide as their widest cell; ``empty`` is said where there are no rows."""
    cells = [[one_line(cell, 60) for cell in row] for row in rows]
    if not cells:
        print(empty)
        return
    widths = [max(len(row[column]) for row in [list(headings), *cells]) for column in range(len(headings))]
    for row in [list(headings), *cells]:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


@contextmanager
def progress(title: str, *, quiet: bool = False) -> Iterator[ProgressLine]:
    """Progress on standard error: a moving line on a terminal, nothing elsewhere."""
    console = Console(stderr=True)
    shown = console.is_terminal and not quiet
    bar = Progress(
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
        disable=not shown,
        transient=True,
    )
    with bar:
        yield ProgressLine(bar, title)


class ProgressLine:
    """One line of progress."""

    def __init__(self, bar: Progress, title: str) -> None:
        self._bar = bar
        self._task = bar.add_task(one_line(title, 60), total=None)

    def show(self, text: str, done: int | None = None, total: int | None = None) -> None:
        """Say what is being done and how far it came."""
        self._bar.update(self._task, description=one_line(text, 60), completed=done, total=total)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return to_text(value)
    if isinstance(value, tuple | set | frozenset):
        return list(value)
    return str(value)
