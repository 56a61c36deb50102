"""What stands in place of a state where nothing was captured. By itself, for the helping process loads no tables."""

from __future__ import annotations

from typing import Final

#: For a record that no run ever saw: what an export says is no sight of it.
KNOWN_FROM_IMPORT: Final = "known_from_import"
