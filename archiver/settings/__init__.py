"""The one settings object. Every setting is an environment variable ``ARCHIVER_NAME`` or a line ``name = …`` of a TOML
file; the environment wins. Anything unknown, unreadable or out of range is a :class:`SettingsError` that names it. Each
area has its settings in a file of its own."""

from archiver.settings.forms import is_loopback
from archiver.settings.looking import SHORT_LINK_SERVICES
from archiver.settings.places import default_home
from archiver.settings.practice import CITY_PORT, city_origin, practice_settings
from archiver.settings.reading import SETTINGS_FILE, load_settings, settings_path
from archiver.settings.whole import PREFIX, Settings

__all__ = [
    "CITY_PORT",
    "PREFIX",
    "SETTINGS_FILE",
    "SHORT_LINK_SERVICES",
    "Settings",
    "city_origin",
    "default_home",
    "is_loopback",
    "load_settings",
    "practice_settings",
    "settings_path",
]
