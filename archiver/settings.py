"""The one settings object. Every setting is an environment variable ``ARCHIVER_NAME`` or a line ``name = …`` of a TOML
file; the environment wins. Anything unknown, unreadable or out of range is a :class:`SettingsError` that names it."""

from __future__ import annotations

import difflib
import ipaddress
import os
import re
import tomllib
from collections.abc import Mapping
from email.utils import parseaddr
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict
from sqlalchemy.exc import ArgumentError

from archiver import __version__
from archiver.engines import normal_url
from archiver.errors import SettingsError

PREFIX = "ARCHIVER_"
#: Read from the environment only, and not a setting of the archive itself.
SETTINGS_FILE = "ARCHIVER_SETTINGS_FILE"
#: Names that begin with the prefix and belong to the fault tests.
_TEST_PREFIXES = ("ARCHIVER_CRASH", "ARCHIVER_FAULT", "ARCHIVER_TEST_")
#: File in the practice home that remembers the port of the city.
CITY_PORT = "city.port"
_ORIGIN = re.compile(r"https?://[A-Za-z0-9.\-\[\]:]+")
_DATABASES = "should look like sqlite:////folder/index.sqlite3 or postgresql+psycopg://USER:PASSWORD@host/name"
_ENDPOINT = re.compile(r"https?://[A-Za-z0-9.\-\[\]:]+(/[A-Za-z0-9._~/-]*)?")
_PATH = r"(/[A-Za-z0-9._~/-]*)?"
_ISSUER = re.compile(rf"https://[A-Za-z0-9.\-\[\]:]+{_PATH}|http://(127\.0\.0\.1|localhost|\[::1\])(:[0-9]+)?{_PATH}")
_REGION = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
_LOG_ORIGIN = re.compile(r"[A-Za-z0-9._~/-]{1,200}")

_SENDER = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?")

_QUOTA = re.compile(r"[a-z_]{1,40}\.[a-z]{1,40}=[1-9][0-9]{0,11}")
_GROUND = re.compile(r"[a-z][a-z0-9_-]{0,29}=[^\x00-\x1f]{1,200}")
_SERVICE = re.compile(r"[a-z][a-z0-9_-]{0,29}=https?://[^\s,@]{1,500}")

_LINK_SERVICE = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?(?:/[A-Za-z0-9._~%/-]*)?")
SHORT_LINK_SERVICES = (
    *("bit.ly", "j.mp", "tinyurl.com", "ow.ly", "buff.ly", "dlvr.it", "trib.al", "is.gd", "v.gd", "t.ly", "rb.gy"),
    *("cutt.ly", "rebrand.ly", "tiny.cc", "shorturl.at", "ift.tt", "spr.ly", "hubs.ly", "goo.gl", "qrco.de"),
    # Of platforms, of those who send letters for cities, and of the federal government.
    *("t.co", "youtu.be", "fb.me", "fb.watch", "lnkd.in", "redd.it", "conta.cc", "eepurl.com", "lnks.gd"),
    *("go.usa.gov", "1.usa.gov", "aka.ms", "amzn.to", "wp.me", "flip.it"),
)
"""Well-known services that make nothing but short links."""

Texts = Annotated[tuple[str, ...], NoDecode]


def default_home() -> Path:
    """Where the archive is kept when nothing says otherwise: the user's data folder, the same from every directory."""
    base = os.environ.get("XDG_DATA_HOME", "")
    return (Path(base) if Path(base).is_absolute() else Path.home() / ".local" / "share") / "records-archiver"


class Settings(BaseSettings):
    """All settings of one archive. Sizes are bytes, times are seconds unless the name says otherwise.

    Raises:
        SettingsError: from :func:`load_settings`; the constructor itself raises pydantic's ``ValidationError``.
    """

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, extra="forbid", frozen=True, validate_default=True, hide_input_in_errors=True
    )

    # Where things are
    home: Path = Field(
        default_factory=default_home,
        description="Folder of the embedded default: database, store, spool, keys and settings file.",
    )
    database_url: str = Field(
        default="",
        repr=False,
        description="The index database: `sqlite:////folder/index.sqlite3`, or PostgreSQL 15 or later with psycopg 3:"
        " `postgresql+psycopg://USER:PASSWORD@host/name`, encoding UTF8, owned by that user. Empty: an SQLite file in"
        " `home`.",
    )
    store_url: str = Field(
        default="",
        description="Where objects are stored: `file:///folder` or `s3://bucket/prefix`. Empty: in `home`.",
    )
    s3_endpoint_url: str | None = Field(
        default=None, description="Address of an S3-compatible server, where it is not Amazon's."
    )
    s3_region: str | None = Field(
        default=None, description="Region of the bucket. None: as boto3 finds it, else `us-east-1`."
    )
    s3_path_style: bool = Field(
        default=True,
        description="Name the bucket in the path of its address; false: in the host's name, as some providers ask.",
    )
    s3_ca_file: Path | None = Field(
        default=None, description="Certificates to trust for S3, a PEM file, where the system's do not do."
    )
    s3_lock_days: int = Field(
        default=0,
        ge=0,
        le=36_500,
        description="How long every object is locked at a time, days, where the bucket has Object Lock: all but the log"
        " in GOVERNANCE mode, snapshots not. Each new one is, and the locks are lengthened before they end. 0: only the"
        " log is locked.",
    )
    key_file: Path = Field(
        default=Path(),
        description="File with the key that wraps platform tokens, outside the database. Empty: in `home/keys`.",
    )
    log_origin: str = Field(
        default="",
        description="Name of the event log, without a scheme, such as `records.example.gov/log`. Fixed when the archive"
        " is created. Empty: made from the archive's id.",
    )

    # Who and where the city is
    city_name: str = Field(
        default="", max_length=80, description="Name of the city, as it stands in the head of every page and list."
    )
    seal_file: Path = Field(
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

    # Pages
    web_host: str = Field(default="127.0.0.1", description="Address the pages are served on.")
    web_port: int = Field(default=8080, ge=0, le=65535, description="TCP port of the pages; 0 takes any free one.")
    web_names: Texts = Field(
        default=(),
        description="Further host names the pages answer to, besides that of ARCHIVER_WEB_URL, separated by commas."
        " Any other Host header is refused.",
    )
    web_url: str = Field(
        default="",
        description="Address at which people reach the pages, such as `https://records.example.gov`: links for owners"
        " of accounts begin with it, and platforms send them back to it. Empty: this machine only.",
    )
    # Who may come in
    openid_issuer: str = Field(
        default="",
        description="The city's own sign-in (OpenID Connect), such as `https://login.example.gov/tenant`. Empty: people"
        " sign in with a password and a code.",
    )
    openid_client: str = Field(default="", description="Id under which this archive is registered there.")
    openid_secret_file: Path = Field(
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

    # How people are written to
    mail_url: str = Field(
        default="",
        repr=False,
        description="How mail leaves: `smtps://USER:PASSWORD@host` (TLS at once), `smtp://USER:PASSWORD@host:587`"
        " (STARTTLS, else nothing is sent; `?tls=no` sends without, only inside a network that you trust), or"
        " `file:///folder`, where each mail is written as a file for somebody to send. Empty: links are shown to"
        " whoever makes them, to be handed over.",
    )
    mail_from: str = Field(
        default="",
        description="From whom mail comes: an address, or `Name <address>`. Needed where ARCHIVER_MAIL_URL is set.",
    )
    mail_password_file: Path = Field(
        default=Path(),
        description="File with the password of the user in ARCHIVER_MAIL_URL, readable for the service only. Empty: it"
        " is in the address, or there is none.",
    )
    mail_ca_file: Path | None = Field(
        default=None, description="Certificates to trust for mail, a PEM file, where the system's do not do."
    )
    mail_per_day: int = Field(
        default=500,
        ge=1,
        le=1_000_000,
        description="Mails that are asked for within 24 hours at most; what would be more is refused, and whoever asked"
        " is told.",
    )
    mail_per_recipient: int = Field(
        default=50,
        ge=1,
        le=1_000_000,
        description="The same for one address: whoever looks after many accounts gets a mail for each.",
    )

    # When to look
    sweep_new_seconds: int = Field(default=300, ge=1, description="Time between sweeps for new records, seconds.")
    sweep_watch_seconds: int = Field(
        default=600, ge=1, description="Time between sweeps that look again at recent threads, seconds."
    )
    sweep_full_seconds: int = Field(
        default=7 * 86400, ge=1, description="Time between full sweeps, which re-list everything, seconds."
    )
    tick_seconds: float = Field(
        default=5.0, gt=0, le=3600, description="How often the clock looks for sweeps that are due, seconds."
    )
    listen: bool = Field(
        default=False,
        description="Also listen to what the account's own server pushes (Bluesky, Mastodon) while the service runs."
        " What is pushed is archived as it came, and looked at at once.",
    )
    pictures: bool = Field(
        default=False,
        description="After a run, also draw pictures of the account's own posts from what was captured: each at first"
        " sight and at every edit. Needs Chromium, which is shut off from the network. A picture is no evidence of what"
        " the platform showed, and says so.",
    )
    pictures_browser: str = Field(
        default="",
        description="The Chromium that draws pictures, by name or path. Empty: whichever is installed.",
    )
    pictures_run: int = Field(
        default=20, ge=1, le=500, description="Most pictures drawn after one run; what is left waits for the next."
    )
    links: Literal["off", "own", "all"] = Field(
        default="own",
        description="After a run, also find out where short links lead of which the platform does not tell it: `own`,"
        " in public posts and answers of the account itself; `all`, also in what others wrote there within a month;"
        " `off`. Only the services of `link_services` are ever asked, never what they lead to.",
    )
    link_services: Texts = Field(
        default=SHORT_LINK_SERVICES,
        description="Services that make short links, separated by commas: hosts (with those below them), or a host and"
        " the beginning of its paths, such as `city.example.gov/go/`. What is set takes the place of this list.",
    )
    links_run: int = Field(
        default=50, ge=1, le=500, description="Most short links followed after one run; the rest wait for the next."
    )
    watch_first_seconds: int = Field(
        default=600, ge=1, description="A new or changed thread is looked at again after this long, seconds."
    )
    watch_longest_seconds: int = Field(
        default=7 * 86400, ge=1, description="The wait between looks at a quiet thread grows up to this, seconds."
    )
    watch_days: int = Field(
        default=90,
        ge=1,
        le=3660,
        description="A thread without a change for so long is left to full sweeps, days.",
    )
    watch_threads: int = Field(default=100, ge=1, le=10_000, description="Most threads looked at in one watch sweep.")
    watch_storage_factor: float = Field(
        default=8.0,
        gt=1,
        description="A busy thread is looked at less often once its answers take so many times its unique bytes.",
    )

    # How to ask
    request_timeout_seconds: float = Field(
        default=30.0, gt=0, le=600, description="Longest wait for a platform to say anything, seconds."
    )
    request_total_seconds: float = Field(
        default=300.0, gt=0, le=7200, description="Longest time for one whole answer (media excepted), seconds."
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
    trusted_origins: Texts = Field(
        default=(),
        description="Origins that may be asked although they are not on the public network, such as"
        " `http://127.0.0.1:3000`, separated by commas. For practice and tests.",
    )

    # How to keep
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

    # How to prove
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
    timestamp_roots: Path = Field(
        default=Path(),
        description="PEM file with the root certificates of these services. Only time-stamps under one of them count.",
    )
    timestamp_seconds: int = Field(
        default=3600, ge=60, description="Time-stamps are asked for so often where the log has grown, seconds."
    )

    # Work and words
    workers: int = Field(default=4, ge=1, le=64, description="How many accounts are captured at the same time.")
    stop_seconds: float = Field(
        default=10.0, gt=0, le=600, description="How long a stopping service waits for captures under way, seconds."
    )
    practice: bool = Field(default=False, description="`serve` also runs the practice city, apart from real records.")
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="Least important message that is logged: debug, info, warning or error."
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

    @field_validator(
        *("web_names", "trusted_origins", "timestamp_services", "quotas", "moderation_grounds", "link_services"),
        mode="before",
    )
    @classmethod
    def _split(cls, value: Any) -> Any:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @field_validator("trusted_origins")
    @classmethod
    def _are_origins(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not all(_ORIGIN.fullmatch(origin) for origin in value):
            raise ValueError("should be origins such as http://127.0.0.1:3000, without a path")
        return value

    @field_validator("link_services")
    @classmethod
    def _are_link_services(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not all(_LINK_SERVICE.fullmatch(one) for one in value):
            raise ValueError("should be hosts such as bit.ly, or city.example.gov/go/, without https://")
        return value

    @field_validator("quotas")
    @classmethod
    def _are_quotas(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        names = [one.partition("=")[0] for one in value]
        if not all(_QUOTA.fullmatch(one) for one in value) or len(set(names)) != len(names):
            raise ValueError("should be platform.allowance=number such as youtube.units=50000, each name once")
        return value

    @field_validator("moderation_grounds")
    @classmethod
    def _are_grounds(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        codes = [one.partition("=")[0] for one in value]
        if not all(_GROUND.fullmatch(one) for one in value) or len(set(codes)) != len(codes):
            raise ValueError("should be code=words such as spam=Advertising, each code once")
        return value

    @field_validator("timestamp_services")
    @classmethod
    def _are_services(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        names = [one.partition("=")[0] for one in value]
        if not all(_SERVICE.fullmatch(one) for one in value) or len(set(names)) != len(names):
            raise ValueError("should be name=address such as freetsa=https://freetsa.org/tsr, each name once")
        return value

    @field_validator("home", "key_file", "timestamp_roots", "openid_secret_file", "seal_file", "mail_password_file")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        return value if value == Path() else value.expanduser().absolute()

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (KeyError, ValueError, OSError) as error:
            raise ValueError("should be an IANA time zone such as America/Chicago") from error
        return value

    @field_validator("log_origin")
    @classmethod
    def _plain_origin(cls, value: str) -> str:
        if value and not _LOG_ORIGIN.fullmatch(value):
            raise ValueError("should be a name like records.example.gov/log, without scheme, spaces or plus signs")
        return value

    @field_validator("s3_endpoint_url")
    @classmethod
    def _is_endpoint(cls, value: str | None) -> str | None:
        if value and not _ENDPOINT.fullmatch(value):
            raise ValueError("should be an address such as https://s3.example.gov, without credentials")
        return value or None

    @field_validator("web_url")
    @classmethod
    def _is_address(cls, value: str) -> str:
        if value and not _ORIGIN.fullmatch(value.rstrip("/")):
            raise ValueError("should be an address such as https://records.example.gov, without a path")
        return value.rstrip("/")

    @field_validator("openid_issuer")
    @classmethod
    def _is_issuer(cls, value: str) -> str:
        if value and not _ISSUER.fullmatch(value):
            raise ValueError("should be an address such as https://login.example.gov/tenant, without a query")
        return value

    @field_validator("s3_region")
    @classmethod
    def _is_region(cls, value: str | None) -> str | None:
        if value and not _REGION.fullmatch(value):
            raise ValueError("should be the name of a region such as us-east-2")
        return value or None

    @field_validator("mail_url")
    @classmethod
    def _is_mail(cls, value: str) -> str:
        if value and not _is_mail_url(value):
            raise ValueError("should look like smtp://USER:PASSWORD@host:587, smtps://host or file:///folder")
        return value

    @field_validator("mail_from")
    @classmethod
    def _is_sender(cls, value: str) -> str:
        name, address = parseaddr(value)
        fine = (
            value.isprintable()
            and _SENDER.fullmatch(address)
            and value in (address, f"{name} <{address}>", f'"{name}" <{address}>')
        )
        if value and not fine:
            raise ValueError("should be an address such as records@city.example, or Records archive <records@…>")
        return value

    @field_validator("s3_ca_file", "mail_ca_file")
    @classmethod
    def _is_there(cls, value: Path | None) -> Path | None:
        value = value.expanduser().absolute() if value is not None and value != Path() else None
        if value is not None and not value.is_file():
            raise ValueError("should name a file that is there")
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

    @model_validator(mode="before")
    @classmethod
    def _fill_places(cls, values: Any) -> Any:
        home = Path(values.get("home") or default_home()).expanduser().absolute()
        values["home"] = home
        values["database_url"] = values.get("database_url") or f"sqlite:///{home / 'index.sqlite3'}"
        values["store_url"] = values.get("store_url") or (home / "store").as_uri()
        values["key_file"] = values.get("key_file") or home / "keys" / "tokens.key"
        return values

    @model_validator(mode="after")
    def _check_places(self) -> Self:
        _check_database_url(self.database_url)
        if self.timestamp_services and self.timestamp_roots == Path():
            raise ValueError("timestamp_roots: should name a file where there are time-stamp services")
        _check_store_url(self.store_url)
        if self.mail_url and not self.mail_from:
            raise ValueError("mail_from: should be set where mail_url is")
        if bool(self.openid_issuer) != bool(self.openid_client):
            raise ValueError("openid_client: should be set together with openid_issuer")
        return self

    @property
    def granted(self) -> dict[str, int]:
        """Limits that platforms granted the city, by ``platform.allowance``."""
        return {name: int(number) for name, _, number in (one.partition("=") for one in self.quotas)}

    @property
    def log_key_file(self) -> Path:
        """File with the keys that sign the event log."""
        return self.home / "keys" / "log.key"

    @property
    def act_key_file(self) -> Path:
        """File with the keys that seal acts and snapshots."""
        return self.home / "keys" / "acts.key"

    @property
    def stamped_by(self) -> dict[str, str]:
        """Address of every time-stamp service by its name."""
        return dict(one.split("=", 1) for one in self.timestamp_services)

    @property
    def spool(self) -> Path:
        """Where every capturing process of this machine has its folder."""
        return self.home / "spool"

    @property
    def names(self) -> tuple[str, ...]:
        """Host names that the pages answer to besides this machine's own."""
        host = urlsplit(self.web_url).hostname
        return self.web_names if host is None else (*self.web_names, f"[{host}]" if ":" in host else host)

    @property
    def deliveries(self) -> Path:
        """Where what platforms sent is safe until it is archived."""
        return self.home / "deliveries"

    @property
    def hand_outs(self) -> Path:
        """Where evidence waits for the person who had it made, until they have taken it."""
        return self.home / "hand-outs"

    @property
    def renewals(self) -> Path:
        """Where renewed tokens are on their way into the database."""
        return self.home / "renewals"

    @property
    def zone(self) -> ZoneInfo:
        """Time zone of the city, for the screen only."""
        return ZoneInfo(self.time_zone)

    @property
    def user_agent(self) -> str:
        """How this archive introduces itself to platforms."""
        return f"records-archiver/{__version__}" + (f" ({self.contact})" if self.contact else "")


def _check_database_url(url: str) -> None:
    """Never shows any of it: it may hold a password."""
    try:
        parsed = normal_url(url)
    except (ArgumentError, ValueError):
        raise ValueError(f"database_url: {_DATABASES}") from None
    if parsed.drivername in ("sqlite", "sqlite+pysqlite"):
        if parsed.database in (None, "", ":memory:"):
            raise ValueError("database_url: should name a file: sqlite:////folder/index.sqlite3")
    elif parsed.get_backend_name() != "postgresql":
        raise ValueError(f"database_url: {_DATABASES}")
    elif parsed.drivername != "postgresql+psycopg":
        raise ValueError("database_url: should name the driver psycopg 3: postgresql+psycopg://user@host/name")
    elif not parsed.database:
        raise ValueError("database_url: should name a database: postgresql+psycopg://user@host/name")


def _check_store_url(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme == "file" and parts.netloc in ("", "localhost") and parts.path.startswith("/"):
        return
    if parts.scheme == "s3" and parts.netloc and "@" not in parts.netloc:
        return
    raise ValueError("store_url: should be file:///folder or s3://bucket/prefix, without credentials")


def _is_mail_url(url: str) -> bool:
    """Never shows any of it: it may hold a password."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    if parts.scheme == "file":
        return parts.netloc in ("", "localhost") and parts.path.startswith("/") and len(parts.path) > 1
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname or port == 0:
        return False
    return parts.path in ("", "/") and parts.query in (("", "tls=no") if parts.scheme == "smtp" else ("",))


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches an address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def practice_settings(settings: Settings, trusted_origin: str | None = None) -> Settings:
    """Settings of the practice archive of ``settings``: a home, index, store and keys of its own inside the
    real home, sweeps within seconds, and no other server than ``trusted_origin`` (the city; where it was last, if none
    is given) on the local network."""
    home = settings.home / "practice"
    trusted_origin = trusted_origin or city_origin(home)
    own: dict[str, Any] = {
        "home": home,
        "database_url": f"sqlite:///{home / 'index.sqlite3'}",
        "store_url": (home / "store").as_uri(),
        "s3_endpoint_url": None,
        "s3_lock_days": 0,
        "openid_issuer": "",
        "openid_client": "",
        "openid_secret_file": Path(),
        "key_file": home / "keys" / "tokens.key",
        "log_origin": "",
        "snapshot_hours": 0,
        "mail_url": (home / "mail").as_uri(),
        "mail_from": "practice@city.example",
        "mail_password_file": Path(),
        "mail_ca_file": None,
        "timestamp_services": (),
        "timestamp_roots": Path(),
        "trusted_origins": (trusted_origin,) if trusted_origin else (),
        "link_services": ("127.0.0.1/s/",),
        "practice": True,
        "sweep_new_seconds": 5,
        "sweep_watch_seconds": 5,
        "sweep_full_seconds": 20,
        "tick_seconds": 1.0,
        "watch_first_seconds": 5,
        "watch_longest_seconds": 60,
        "request_pause_seconds": 0.0,
    }
    return Settings(**{**settings.model_dump(), **own})


def city_origin(practice_home: Path) -> str | None:
    """Where the practice city of a home was last served; its port is remembered beside it."""
    try:
        return f"http://127.0.0.1:{int((practice_home / CITY_PORT).read_text())}"
    except (OSError, ValueError):
        return None


def settings_path(environ: Mapping[str, str] | None = None) -> Path:
    """The settings file: ``ARCHIVER_SETTINGS_FILE``, else ``settings.toml`` in the home."""
    environ = os.environ if environ is None else environ
    named = environ.get(SETTINGS_FILE)
    if named:
        return Path(named).expanduser().absolute()
    return Path(environ.get(PREFIX + "HOME") or default_home()).expanduser().absolute() / "settings.toml"


def load_settings(**overrides: Any) -> Settings:
    """Settings from, in falling order: ``overrides``, the environment, the settings file, the defaults.

    Raises:
        SettingsError: unknown or wrong setting, unreadable file. One line that names it and what would be right, and
            never shows its value.
    """
    path = settings_path()
    from_file = _read_file(path, required=bool(os.environ.get(SETTINGS_FILE)))
    _refuse_unknown(from_file, path)
    from_file = {name: value for name, value in from_file.items() if PREFIX + name.upper() not in os.environ}
    try:
        return Settings(**{**from_file, **overrides})
    except ValidationError as error:
        raise SettingsError(_one_line_of(error, from_file, path)) from None


def _read_file(path: Path, *, required: bool) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            return tomllib.load(file)
    except FileNotFoundError:
        if not required:
            return {}
        raise SettingsError(f"{SETTINGS_FILE} names {path}, which does not exist: create it or unset it") from None
    except OSError as error:
        raise SettingsError(f"cannot read the settings file {path}: {error.strerror}") from None
    except tomllib.TOMLDecodeError as error:
        where = re.search(r"\(at .*\)$", str(error))
        raise SettingsError(f"the settings file {path} is not TOML {where[0] if where else ''}".rstrip()) from None
    except UnicodeDecodeError:
        raise SettingsError(f"the settings file {path} is not UTF-8 text") from None


def _refuse_unknown(from_file: Mapping[str, Any], path: Path) -> None:
    known = set(Settings.model_fields)
    for name in from_file:
        if name not in known:
            raise SettingsError(f"unknown setting {name!r} in {path}{_nearest(name, known, '')}")
    for name in os.environ:
        if not name.startswith(PREFIX) or name == SETTINGS_FILE or name.startswith(_TEST_PREFIXES):
            continue
        if name[len(PREFIX) :].lower() not in known:
            raise SettingsError(f"unknown setting {name}{_nearest(name[len(PREFIX) :].lower(), known, PREFIX)}")


#: Settings that are no more, and what is to be done instead.
_GONE = {
    "web_without_sign_in": "people sign in now: remove it, set ARCHIVER_WEB_URL to the https:// address of the proxy,"
    " and open the link that `archiver serve` prints to become the first administrator (docs/people.md)",
}


def _nearest(name: str, known: set[str], prefix: str) -> str:
    if name in _GONE:
        return f"; {_GONE[name]}"
    near = difflib.get_close_matches(name, known, 1, 0.6)
    if not near:
        return "; docs/settings.md lists them all"
    return f"; did you mean {(prefix + near[0]).upper() if prefix else near[0]}?"


def _one_line_of(error: ValidationError, from_file: Mapping[str, Any], path: Path) -> str:
    first = error.errors(include_input=False, include_url=False, include_context=False)[0]
    message = first["msg"].removeprefix("Value error, ")
    if first["loc"]:
        name = str(first["loc"][0])
    else:
        name, _, message = message.partition(": ")
    shown = f"{name} in {path}" if name in from_file else PREFIX + name.upper()
    message = message.replace("Input should", "should")
    return f"{shown} {message}. It means: {Settings.model_fields[name].description}"
