"""Who may come in."""

from __future__ import annotations

import re
from pathlib import Path

from pydantic import BaseModel, Field, field_validator

from archiver.settings.forms import Place

_PATH = r"(/[A-Za-z0-9._~/-]*)?"
_ISSUER = re.compile(rf"https://[A-Za-z0-9.\-\[\]:]+{_PATH}|http://(127\.0\.0\.1|localhost|\[::1\])(:[0-9]+)?{_PATH}")


class SignIn(BaseModel):
    """Settings of :class:`archiver.settings.Settings`."""

    openid_issuer: str = Field(
        default="",
        description="The city's own sign-in (OpenID Connect), such as `https://login.example.gov/tenant`. Empty: people"
        " sign in with a password and a code.",
    )
    openid_client: str = Field(default="", description="Id under which this archive is registered there.")
    openid_secret_file: Place = Field(
        default=Path(),
        description="File with the secret it was given there, readable for the service only. Empty: it has none.",
    )
    openid_mail_is_verified: bool = Field(
        default=False,
        description="Take mail addresses from there for verified although it does not say so, as some do not."
        " Only where nobody can choose their own address there.",
    )
    session_hours: float = Field(
        default=12.0, gt=0, le=168, description="Whoever is signed in has to sign in again after this long, hours."
    )
    session_idle_minutes: float = Field(
        default=30.0, gt=0, le=1440, description="Whoever asked for nothing for so long is signed out, minutes."
    )
    session_confirm_minutes: float = Field(
        default=5.0,
        gt=0,
        le=60,
        description="For high-risk acts, such as giving roles, it was shown at most so many minutes ago who it is.",
    )

    @field_validator("openid_issuer")
    @classmethod
    def _is_issuer(cls, value: str) -> str:
        if value and not _ISSUER.fullmatch(value):
            raise ValueError("should be an address such as https://login.example.gov/tenant, without a query")
        return value
