"""The one settings object, put together from its areas."""

from __future__ import annotations

from pathlib import Path
from typing import Self

from pydantic import model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from archiver.settings.asking import Asking
from archiver.settings.city import City
from archiver.settings.keeping import Keeping
from archiver.settings.looking import Looking
from archiver.settings.mail import Mail
from archiver.settings.pages import Pages
from archiver.settings.places import Places, check_database_url, check_store_url
from archiver.settings.proving import Proving
from archiver.settings.sign_in import SignIn
from archiver.settings.work import Work

PREFIX = "ARCHIVER_"


# (their order is that of the manual, from the last base to the first)
class Settings(Work, Proving, Keeping, Asking, Looking, Mail, SignIn, Pages, City, Places, BaseSettings):
    """All settings of one archive. Sizes are bytes, times are seconds unless the name says otherwise.

    Raises:
        SettingsError: from :func:`load_settings`; the constructor itself raises pydantic's ``ValidationError``.
    """

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, extra="forbid", frozen=True, validate_default=True, hide_input_in_errors=True
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return (init_settings, env_settings)

    @model_validator(mode="after")
    def _check_places(self) -> Self:
        check_database_url(self.database_url)
        if self.timestamp_services and self.timestamp_roots == Path():
            raise ValueError("timestamp_roots: should name a file where there are time-stamp services")
        check_store_url(self.store_url)
        if self.mail_url and not self.mail_from:
            raise ValueError("mail_from: should be set where mail_url is")
        if bool(self.openid_issuer) != bool(self.openid_client):
            raise ValueError("openid_client: should be set together with openid_issuer")
        return self
