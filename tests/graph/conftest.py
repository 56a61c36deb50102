from __future__ import annotations

from tests.capture.conftest import house, new_house

__all__ = ["house", "new_house"]
