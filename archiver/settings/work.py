"""Work and words."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field


class Work(BaseModel):
    """Settings of :class:`archiver.settings.Settings`."""

    workers: int = Field(default=4, ge=1, le=64, description="How many accounts are captured at the same time.")
    stop_seconds: float = Field(
        default=10.0, gt=0, le=600, description="How long a stopping service waits for captures under way, seconds."
    )
    practice: bool = Field(default=False, description="`serve` also runs the practice city, apart from real records.")
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="Least important message that is logged: debug, info, warning or error."
    )
