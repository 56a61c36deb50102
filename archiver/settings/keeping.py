"""How to keep what was captured."""

from __future__ import annotations

from pydantic import BaseModel, Field


class Keeping(BaseModel):
    """Settings of :class:`archiver.settings.Settings`."""

    segment_bytes: int = Field(
        default=64 * 2**20, ge=2**16, le=2**32, description="A segment is closed when it has grown to this size, bytes."
    )
    segment_age_seconds: int = Field(
        default=3600, ge=1, description="A pending segment is closed at this age at the latest, seconds."
    )
    disk_reserve_percent: float = Field(
        default=10.0, ge=0, lt=100, description="Part of the disk that stays free; capture stops before it, percent."
    )
    lease_seconds: int = Field(
        default=900,
        ge=1,
        description="A capturing process that is silent for so long loses its account to another, seconds.",
    )
    snapshot_hours: int = Field(
        default=24,
        ge=0,
        le=8760,
        description="A running service copies the index into the store so often, hours; 0: never.",
    )
    snapshot_keep: int = Field(
        default=7, ge=1, le=1000, description="How many of these copies are kept; older ones are removed."
    )
