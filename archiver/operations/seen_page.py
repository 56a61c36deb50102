"""``docs/platforms.md``: what each platform lets the archive see, in the connectors' own words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from archiver.accounts.platforms import CAPABILITIES, UNPROVEN, load_platforms
from connectors.contract import Capabilities, Connector, Counted


def render() -> str:
    """The page, of the connectors that come with the program."""
    found = sorted(load_platforms(()).connectors.values(), key=lambda one: one.title.lower())
    lines = [
        "# What each platform lets us see",
        "",
        "Made from what the connectors declare; the page of an account shows the same. How each is asked, and what",
        "counts as an edit there, is in [notes on platforms](platform-notes.md). What a connector was *proven* against",
        "stands in its section; one that was not says so wherever it is offered, until [a trial](proving.md) has shown",
        "it.",
        "",
        *_table(found),
    ]
    for connector in found:
        lines += _section(connector)
    return "\n".join([*lines, ""])


def _table(found: list[Connector]) -> Iterator[str]:
    yield "| | " + " | ".join(one.title for one in found) + " |"
    yield "|---" * (len(found) + 1) + "|"
    for words, name in CAPABILITIES:
        cells = (_cell(one.capabilities, name) for one in found)
        yield f"| {words} | " + " | ".join(cells) + " |"
    yield "| Proven | " + " | ".join("yes" if one.capabilities.proven else "**not yet**" for one in found) + " |"


def _cell(told: Capabilities, name: str) -> str:
    if name == "deposited":
        return "some" if told.moderation_by_hand else "nothing" if told.moderation else "**all**"
    return "seen" if getattr(told, name) else "**not seen**"


def _section(connector: Connector) -> Iterator[str]:
    told = connector.capabilities
    yield from ("", f"## {connector.title}", "")
    yield f"**{told.proven or UNPROVEN.capitalize()}.**".replace("..", ".")
    yield ""
    for words, name in CAPABILITIES:
        yield f"- **{words}**: {getattr(told, name) or 'cannot be seen.'}"
    yield from _numbers(told.counted)
    if told.limits:
        yield from ("", "What is known not to be seen:", "")
        yield from (f"- {limit}" for limit in told.limits)


def _numbers(counted: Iterable[Counted]) -> Iterator[str]:
    """What the platform's own numbers count, that the archive's are set against."""
    found = list(counted)
    if not found:
        yield from ("", "No number of it is set against what was captured.")
        return
    yield from ("", "Numbers that are set against what was captured:", "")
    for one in found:
        on = ", ".join(sorted(kind.value for kind in one.on))
        yield f"- on a {on}: {one.says}{_counted_states(one)}" + (
            "" if one.withheld is None else f" What it counts and does not return is perhaps {one.withheld}."
        )


def _counted_states(one: Counted) -> str:
    if not one.states:
        return ""
    return f" Counted too: what is {', '.join(sorted(state.value.replace('_', ' ') for state in one.states))}."
