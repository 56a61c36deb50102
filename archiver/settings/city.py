"""Who and where the city is."""

from __future__ import annotations

from pathlib import Path
from zoneinfo import ZoneInfo

from pydantic import BaseModel, Field, field_validator

from archiver import __version__
from archiver.settings.forms import Place


class City(BaseModel):
    """Settings of :class:`archiver.settings.Settings`."""

    city_name: str = Field(
        default="", max_length=80, description="Name of the city, as it stands in the head of every page and list."
    )
    seal_file: Place = Field(
        default=Path(),
        description="The city's seal for the head of every page: a PNG, or an SVG of shapes only, up to 256 KiB."
        " Anything that could run or load something is refused when the service starts.",
    )
    time_zone: str = Field(
        default="America/Chicago", description="Time zone of every time shown to people, an IANA name."
    )
    contact: str | None = Field(
        default=None, description="Mail or web address told to platforms in the User-Agent, so that they can reach you."
    )

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (KeyError, ValueError, OSError) as error:
            raise ValueError("should be an IANA time zone such as America/Chicago") from error
        return value

    @field_validator("city_name")
    @classmethod
    def _one_name(cls, value: str) -> str:
        if not value.isprintable():
            raise ValueError("should be one line, such as City of Madison")
        return value.strip()

    @field_validator("contact")
    @classmethod
    def _one_line(cls, value: str | None) -> str | None:
        if value is not None and (not value.isascii() or not value.isprintable()):
            raise ValueError("should be a mail or web address in plain ASCII")
        return value or None

    @property
    def zone(self) -> ZoneInfo:
        """Time zone of the city, for the screen only."""
        return ZoneInfo(self.time_zone)

    @property
    def user_agent(self) -> str:
        """How this archive introduces itself to platforms."""
        return f"records-archiver/{__version__}" + (f" ({self.contact})" if self.contact else "")
