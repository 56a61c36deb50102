from __future__ import annotations

from tests.capture.conftest import every_segment_passes_two_checkers, house, new_house

__all__ = ["every_segment_passes_two_checkers", "house", "new_house"]
