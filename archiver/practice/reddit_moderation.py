"""How the practice subreddit is moderated: who is banned, muted and approved, its rules, AutoModerator. Shapes as in
recorded answers of Reddit."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from archiver.practice.city import Person

Body = dict[str, Any]
AUTOMODERATOR = "config/automoderator"


@dataclass
class Moderation:
    """What whoever looks after the subreddit chose.

    ``notes``: why somebody is banned, by number; ``days``: for how long, where it is for a time. ``muted``,
    ``approved``: people by number, and since when. ``rules``: as they stand. ``pages``: of the wiki, by name.
    """

    notes: dict[int, str] = field(default_factory=dict)
    days: dict[int, int] = field(default_factory=dict)
    muted: dict[int, datetime] = field(default_factory=dict)
    approved: dict[int, datetime] = field(default_factory=dict)
    rules: list[Body] = field(default_factory=list)
    pages: dict[str, str] = field(default_factory=dict)

    def rule(self, short_name: str, description: str = "", kind: str = "all") -> None:
        """Another rule, behind the others."""
        more = {"description_html": f"<p>{description}</p>"} if description else {}
        self.rules.append(
            {"kind": kind, "description": description, "short_name": short_name, "violation_reason": short_name,
             "created_utc": 1.5879e9 + len(self.rules), "priority": len(self.rules)} | more
        )  # fmt: skip

    def listed(self) -> Body:
        """The subreddit's rules, with Reddit's own beside them."""
        return {"rules": list(self.rules), "site_rules": ["Spam", "Threatening violence"], "site_rules_flow": []}

    def page(self, name: str) -> Body:
        """A page of the wiki that there is."""
        data = {
            "content_md": self.pages[name], "content_html": "<!-- SC_OFF -->", "may_revise": True, "reason": None,
            "revision_by": {"kind": "t2", "data": {"name": "somebody", "id": "9", "created_utc": 1.5e9}},
            "revision_date": 1.59e9,
            "revision_id": "2f38e910-b109-11e2-ba44-12313b0d4e76",
        }  # fmt: skip
        return {"kind": "wikipage", "data": data}


def somebody(person: Person, identity: str, since: datetime, **more: Any) -> Body:
    """An entry of a list of people."""
    at = float(int(since.timestamp()))
    return {"date": at, "rel_id": f"r9_{identity}", "name": person.handle, "id": f"t2_{identity}"} | more
