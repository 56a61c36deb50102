"""Settings of the practice archive, made from those of the real one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from archiver.settings.whole import Settings

#: File in the practice home that remembers the port of the city.
CITY_PORT = "city.port"


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
