"""Templates and what they call: archived text is escaped, isolated in its direction, and shows what would steer it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from unicodedata import category
from urllib.parse import quote, urlsplit
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from archiver.capture import gaps
from archiver.clock import from_text, to_text
from archiver.official.rules import QUESTIONS
from archiver.operations.counts import in_words
from archiver.records.changes import WHO
from archiver.visible import character_name, code_point, local_time, parts, size, visible
from archiver.web.breaking import breakable, broken
from archiver.web.words import (
    ACTIONS,
    CHANGES,
    CONNECTIONS,
    DECIDED,
    OUTCOMES,
    QUOTAS,
    STATES,
    SWEEPS,
    TRIGGERS,
    plain,
    platform,
)


def environment() -> Environment:
    """The one template environment; everything is escaped unless it is :class:`Markup` made here."""
    made = Environment(
        loader=PackageLoader("archiver.web"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_steers_nothing,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(
        said=said,
        typed=typed,
        shown=shown,
        outside=outside,
        commands=commands,
        size=size,
        number=number,
        span=span,
        plain=plain,
        platform=platform,
        sentence=lambda text: text[:1].upper() + text[1:],
        brought=in_words,
        why=gaps.in_words,
        part=lambda text: quote(text, ""),
        exact=lambda at: quote(to_text(at), ""),
        moment=from_text,
    )
    made.globals.update(
        ACTIONS=ACTIONS,
        CHANGES=CHANGES,
        WHO=WHO,
        CONNECTIONS=CONNECTIONS,
        OUTCOMES=OUTCOMES,
        QUOTAS=QUOTAS,
        STATES=STATES,
        DECIDED=DECIDED,
        QUESTIONS=QUESTIONS,
        SWEEPS=SWEEPS,
        TRIGGERS=TRIGGERS,
    )
    return made


def _steers_nothing(value: Any) -> Any:
    """Every text that a template prints, wherever it is from: whoever forgets :func:`said` still shows, not obeys, and
    makes no page wider."""
    return broken(visible(value)) if type(value) is str else value


def typed(text: str) -> Markup:
    """What somebody typed, back in a field of a form: it is sent from there once more, so it stays as it was. What
    steers is written by its number: it means itself to the field, and steers nothing around it."""
    return Markup("").join(_by_number(part) if steers else escape(part) for part, steers in parts(text))


def _by_number(one: str) -> Markup:
    """NUL, halves of pairs and C1 controls have no number that means them (HTML, 13.2.5.80)."""
    if one == "\0" or category(one) == "Cs" or "\x7f" <= one <= "\x9f":
        return escape(visible(one))
    return Markup("&#x{};").format(f"{ord(one):x}")


def said(text: str | None, nothing: str = "") -> Markup:
    """Archived text: in ``<bdi>``, so that it cannot turn the words around it, with steering characters visible."""
    if not text:
        return escape(nothing)
    return Markup("<bdi>{}</bdi>").format(shown(text))


def shown(text: str) -> Markup:
    """Escaped text in which each steering character is a small label with its code point and name."""
    label = Markup('<span class="steering" title="{}">{}</span>')
    return Markup("").join(
        label.format(character_name(part), code_point(part)) if steers else breakable(part)
        for part, steers in parts(text.replace("\r\n", "\n"))
    )


def when(at: datetime | None, zone: ZoneInfo, nothing: str = "never") -> Markup:
    """A time by the city's clocks, with UTC for whoever points at it."""
    if at is None:
        return escape(nothing)
    utc = at.astimezone(UTC)
    title = utc.strftime("%Y-%m-%d %H:%M:%S UTC")
    return Markup('<time datetime="{}" title="{}">{}</time>').format(to_text(utc), title, local_time(at, zone))


def commands(text: str) -> Markup:
    """Text in which what stands between backticks is a command."""
    parted = enumerate(text.split("`")) if text.count("`") % 2 == 0 else [(0, text)]
    return Markup("").join(Markup("<code>{}</code>").format(shown(one)) if at % 2 else shown(one) for at, one in parted)


def outside(url: str | None) -> Markup:
    """An archived address: a link where it is a web address, plain text otherwise. Never followed with our address."""
    if not url:
        return Markup("")
    try:
        usable = urlsplit(url).scheme in ("http", "https") and bool(urlsplit(url).hostname) and url.isprintable()
    except ValueError:
        usable = False
    if not usable:
        return said(url)
    return Markup('<a href="{}" rel="noreferrer noopener nofollow external">{}</a>').format(url, said(url))


def number(count: int) -> str:
    """``12,345``."""
    return f"{count:,}"


def span(seconds: float | None) -> str:
    """A length of time for people."""
    if seconds is None:
        return "unknown"
    if seconds < 90:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    return str(timedelta(seconds=round(seconds)))


def render(made: Environment, name: str, zone: ZoneInfo, values: dict[str, Any]) -> str:
    """One page; ``when`` is bound to the city's zone."""

    def local(at: datetime | None, nothing: str = "never") -> Markup:
        return when(at, zone, nothing)

    return made.get_template(name).render(**values, when=local)
