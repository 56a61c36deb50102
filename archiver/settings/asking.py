"""How to ask, and how much is taken."""

from __future__ import annotations

import re

from pydantic import BaseModel, Field, field_validator

from archiver.settings.forms import ORIGIN, Texts, named_once

_QUOTA = re.compile(r"[a-z_]{1,40}\.[a-z]{1,40}=[1-9][0-9]{0,11}")


class Asking(BaseModel):
    """Settings of :class:`archiver.settings.Settings`."""

    request_timeout_seconds: float = Field(
        default=30.0, gt=0, le=600, description="Longest wait for a platform to say anything, seconds."
    )
    request_total_seconds: float = Field(
        default=300.0, gt=0, le=7200, description="Longest time for one whole answer (media excepted), seconds."
    )
    connect_seconds: float = Field(
        default=45.0,
        gt=0,
        le=600,
        description="Longest time that asking a platform may take in all while whoever gives a credential, or the owner"
        " of an account who connects it, waits for the page, seconds. What stands before the archive (a proxy) should"
        " wait longer.",
    )
    request_attempts: int = Field(
        default=4, ge=1, le=20, description="How often a request is tried before it is a gap."
    )
    request_pause_seconds: float = Field(
        default=0.5, ge=0, le=600, description="Least time between two requests to one server, seconds."
    )
    run_requests: int = Field(
        default=5_000,
        ge=1,
        description="Most requests of one run; the rest is a gap, and the next run goes on.",
    )
    quotas: Texts = Field(
        default=(),
        description="What a platform granted the city beyond its usual limit, as `platform.allowance=number`, separated"
        " by commas, such as `youtube.units=50000`. `archiver quota` names them.",
    )
    run_seconds: int = Field(
        default=3 * 3600, ge=1, description="A run that takes longer than this counts as stuck, seconds."
    )
    answer_bytes: int = Field(
        default=32 * 2**20, ge=1024, le=2**26, description="Largest answer that is read, bytes; media excepted."
    )
    media_bytes: int = Field(
        default=2 * 2**30, ge=0, description="Largest media file that is kept, bytes; 0 keeps none."
    )
    deposit_bytes: int = Field(
        default=2 * 2**30, ge=1, description="Largest file that may be deposited by hand, bytes."
    )
    deposit_days: int = Field(
        default=31,
        ge=0,
        le=3660,
        description="Days after which moderation settings are to be deposited again, where a platform shows them to no"
        " program. 0: nobody is reminded.",
    )
    role_review_days: int = Field(
        default=180,
        ge=0,
        le=3660,
        description="Days after which it is to be reviewed again who has which role on an account at its platform. 0:"
        " no review is ever due.",
    )
    role_seen_days: int = Field(
        default=30,
        ge=0,
        le=3660,
        description="A list of roles that was not seen for more than so many days counts as told no more. 0: never.",
    )
    trusted_origins: Texts = Field(
        default=(),
        description="Origins that may be asked although they are not on the public network, such as"
        " `http://127.0.0.1:3000`, separated by commas. For practice and tests.",
    )

    @field_validator("trusted_origins")
    @classmethod
    def _are_origins(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not all(ORIGIN.fullmatch(origin) for origin in value):
            raise ValueError("should be origins such as http://127.0.0.1:3000, without a path")
        return value

    @field_validator("quotas")
    @classmethod
    def _are_quotas(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not named_once(value, _QUOTA):
            raise ValueError("should be platform.allowance=number such as youtube.units=50000, each name once")
        return value

    @property
    def granted(self) -> dict[str, int]:
        """Limits that platforms granted the city, by ``platform.allowance``."""
        return {name: int(number) for name, _, number in (one.partition("=") for one in self.quotas)}
