"""Two offices on each database; and a city that is captured for real."""

from tests.moderation.conftest import hands, house, offices

__all__ = ["hands", "house", "offices"]
