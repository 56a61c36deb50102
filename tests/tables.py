"""Archives that begin on SQLite find the tables of this version laid ready: making them takes longer than many a test.

They are made as an archive makes them, once in each process. That they can be made, on whatever is there, is shown by
``tests/migrations``, which has the tables made every time, and by tests that begin archives in processes of their own.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path

from archiver import migrate
from archiver.database import Database

#: What an archive does.
make: Callable[[Database], bool] = migrate.upgrade


def share() -> None:
    """Let every archive that begins in this process from now on find them."""
    vars(migrate)["upgrade"] = _upgrade


def lay(index: Path) -> None:
    """Lay an index with the tables, and nothing in them, where none is.

    Raises:
        OSError: it cannot be written there.
    """
    if not index.exists():
        # All of it at once, whoever else begins an archive there meanwhile.
        copy = shutil.copyfile(_template(), index.with_name(f"{index.name}.{os.getpid()}.{id(index)}"))
        with suppress(FileExistsError):
            os.link(copy, index)
        copy.unlink()


def _upgrade(database: Database) -> bool:
    place = database.url.database
    if database.dialect == "sqlite" and place and (parent := Path(place).parent).is_dir():
        with suppress(OSError):  # whoever makes them says why it cannot be
            lay(parent / Path(place).name)
    return make(database)


@cache
def _template() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="archiver-tests-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    database = Database(f"sqlite:///{folder / 'index.sqlite3'}")
    make(database)
    database.close()
    assert [path.name for path in folder.iterdir()] == ["index.sqlite3"], "all of it is in one file"
    return folder / "index.sqlite3"
