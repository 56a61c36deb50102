from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from warcio.archiveiterator import ArchiveIterator

from tests.capture.house import House, houses
from tests.storage.checkers import fastwarc_verdicts

_STORES: list[Path] = []


@pytest.fixture
def new_house(tmp_path: Path) -> Iterator[Callable[..., House]]:
    made: list[House] = []
    with houses(tmp_path, made) as make:
        yield make
    _STORES.extend(one.store for one in made)


@pytest.fixture
def house(new_house: Callable[..., House]) -> House:
    return new_house()


@pytest.fixture(scope="session", autouse=True)
def every_segment_passes_two_checkers() -> Iterator[None]:
    """When all tests are done: every segment that any of them wrote, read to its end by programs that are not ours."""
    yield
    for path in sorted(path for store in _STORES for path in store.glob("segments/**/*.warc.gz")):
        with path.open("rb") as stream:
            read = [len(record.content_stream().read()) for record in ArchiveIterator(stream, check_digests="raise")]
        verdicts = fastwarc_verdicts(path)
        assert len(verdicts) == len(read) > 1, path
        assert all(block and payload in (True, None) for _, block, payload in verdicts), path
