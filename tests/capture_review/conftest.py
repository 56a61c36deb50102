from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.capture_review.script import Stage


@pytest.fixture
def new_stage(tmp_path: Path) -> Iterator[Callable[..., Stage]]:
    made: list[Stage] = []

    def make(**settings: object) -> Stage:
        made.append(Stage(tmp_path / f"stage-{len(made)}", settings=dict(settings)))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture
def stage(new_stage: Callable[..., Stage]) -> Stage:
    return new_stage()
