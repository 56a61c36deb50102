"""How to prove what was captured, and what is said of moderation."""

from __future__ import annotations

import re
from pathlib import Path

from pydantic import BaseModel, Field, field_validator

from archiver.settings.forms import Place, Texts, named_once

_GROUND = re.compile(r"[a-z][a-z0-9_-]{0,29}=[^\x00-\x1f]{1,200}")
_SERVICE = re.compile(r"[a-z][a-z0-9_-]{0,29}=https?://[^\s,@]{1,500}")


class Proving(BaseModel):
    """Settings of :class:`archiver.settings.Settings`."""

    checkpoint_seconds: int = Field(
        default=60, ge=1, description="The log is signed so often where there is something new in it, seconds."
    )
    log_lock_days: int = Field(
        default=400,
        ge=0,
        le=3660,
        description="How long objects of the event log are locked at a time, days, in COMPLIANCE mode, where the store"
        " has locks; where `s3_lock_days` is longer, that counts. Lengthened before they end, and never shortened. 0:"
        " as all else.",
    )
    moderation_grounds: Texts = Field(
        default=(
            "true_threat=A true threat or a call to imminent lawless action",
            "obscenity=Obscene as the law defines it",
            "defamation=Defamatory as a court decided or the city attorney advised",
            "private_data=Tells private particulars of somebody",
            "copyright=Infringes a copyright or a trade mark",
            "malware=Malware or fraud or a deceptive link",
            "spam=Advertising or the same again and again",
            "own_error=A post of the city's own that was wrong or out of date or made by mistake",
            "court_order=A court ordered it",
        ),
        description="Grounds on which the city's policy lets something be hidden or removed, as `code=words`, separated"
        " by commas (law R16). Each has to be neutral as to viewpoints; the city attorney should go over them.",
    )
    timestamp_services: Texts = Field(
        default=(),
        description="Services that stamp the log with the time (RFC 3161), as `name=address`, separated by commas."
        " Name two in different hands. None: nobody else vouches for our time.",
    )
    timestamp_roots: Place = Field(
        default=Path(),
        description="PEM file with the root certificates of these services. Only time-stamps under one of them count.",
    )
    timestamp_seconds: int = Field(
        default=3600, ge=60, description="Time-stamps are asked for so often where the log has grown, seconds."
    )

    @field_validator("moderation_grounds")
    @classmethod
    def _are_grounds(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not named_once(value, _GROUND):
            raise ValueError("should be code=words such as spam=Advertising, each code once")
        return value

    @field_validator("timestamp_services")
    @classmethod
    def _are_services(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not named_once(value, _SERVICE):
            raise ValueError("should be name=address such as freetsa=https://freetsa.org/tsr, each name once")
        return value

    @property
    def stamped_by(self) -> dict[str, str]:
        """Address of every time-stamp service by its name."""
        return dict(one.split("=", 1) for one in self.timestamp_services)
