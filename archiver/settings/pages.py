"""Where the pages are."""

from __future__ import annotations

from urllib.parse import urlsplit

from pydantic import BaseModel, Field, field_validator

from archiver.settings.forms import ORIGIN, Texts


class Pages(BaseModel):
    """Settings of :class:`archiver.settings.Settings`."""

    web_host: str = Field(default="127.0.0.1", description="Address the pages are served on.")
    web_port: int = Field(default=8080, ge=0, le=65535, description="TCP port of the pages; 0 takes any free one.")
    web_names: Texts = Field(
        default=(),
        description="Further host names the pages answer to, besides that of ARCHIVER_WEB_URL, separated by commas."
        " Any other Host header is refused.",
    )
    api_per_minute: int = Field(
        default=1200,
        ge=0,
        le=10**6,
        description="How many questions one token (or session) may ask of the API in a minute. More are refused until"
        " it has waited. 0: no limit.",
    )
    api_strangers_per_minute: int = Field(
        default=300,
        ge=0,
        le=10**6,
        description="The same of one address without a token that counts, and of `/healthz`. Behind a proxy all"
        " strangers come from its address. 0: no limit.",
    )
    web_url: str = Field(
        default="",
        description="Address at which people reach the pages, such as `https://records.example.gov`: links for owners"
        " of accounts begin with it, and platforms send them back to it. Empty: this machine only.",
    )

    @field_validator("web_url")
    @classmethod
    def _is_address(cls, value: str) -> str:
        if value and not ORIGIN.fullmatch(value.rstrip("/")):
            raise ValueError("should be an address such as https://records.example.gov, without a path")
        return value.rstrip("/")

    @property
    def names(self) -> tuple[str, ...]:
        """Host names that the pages answer to besides this machine's own."""
        host = urlsplit(self.web_url).hostname
        return self.web_names if host is None else (*self.web_names, f"[{host}]" if ":" in host else host)
