"""What each role may do, in one plain sentence, for whoever gives it and whoever has it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from archiver.people.actions import Action
from archiver.people.roles import Role

#: By role; :data:`archiver.people.roles.MAY` is what counts.
WHAT_ROLES_DO: Final[Mapping[Role, str]] = {
    Role.CUSTODIAN: "Works at the desk: reads, searches, tags and freezes searches, says what was moderated, and "
    "changes how accounts are captured.",
    Role.LEGAL_CUSTODIAN: "All that a custodian may; also changes the register, hands records out, and decides when "
    "somebody disputes what a record says of them.",
    Role.LEGAL_CUSTODIAN_DEPUTY: "The same as the legal custodian, in their place.",
    Role.REVIEWER: "Reads and searches records, tags them and writes notes.",
    Role.RELEASER: "Reads and searches records, sees the signed log, and hands records out with their evidence.",
    Role.RECORDS_OFFICER: "All that a custodian may; also changes the register, and sees who has which role.",
    Role.CITY_ATTORNEY: "Reads and searches records, sees the signed log, and is who may lift a litigation hold.",
    Role.CIO: "Sees no records: how capture goes, the signed log and the platforms; decides exceptions, and "
    "reviews who has which role on the City's accounts.",
    Role.AUDITOR: "Sees no records: how capture goes, the signed log, the platforms, who has which role here and on "
    "the City's accounts, and who looked at what.",
    Role.COMMUNICATIONS: "Reads and searches what was public, sees how capture goes, asks whether something is "
    "captured, and says what was moderated.",
    Role.ACCOUNT_OWNER: "The same as communications staff, given for their own account.",
    Role.SYSTEM_ADMINISTRATOR: "Sees no records: adds people, gives roles and takes them back; sees how capture goes, "
    "the signed log, the platforms, and who has which role on the City's accounts.",
}
#: What a program may do with a token, in words; by action.
WHAT_TOKENS_DO: Final[Mapping[Action, str]] = {
    Action.RECORDS_VIEW: "read records",
    Action.RECORDS_SEARCH: "search records",
    Action.CAPTURE_VIEW: "see the register, and how capture goes",
    Action.EVIDENCE_VIEW: "see the signed log",
    Action.PLATFORMS_VIEW: "see how platforms are set up",
    Action.SEARCH_KEEP: "save searches and lay records aside",
    Action.RECORDS_MARK: "tag records and write notes",
    Action.MODERATION_STATE: "say what was moderated, and why",
    Action.CAPTURE_ASK: "ask whether something is captured, and have it looked at",
    Action.ACCOUNTS_CHANGE: "add accounts, capture them now, pause and resume them",
}
