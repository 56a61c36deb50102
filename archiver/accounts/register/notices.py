"""The public notice of each authority (law R62, Wis. Stat. 19.34(1)): what it has to say, and what is missing. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from archiver import ids
from archiver.accounts.register import custody
from archiver.accounts.register.statements import Register
from archiver.evidence.register_facts import NoticeSays


def notice_id(authority_id: str) -> str:
    """The id of an authority's notice: it has one."""
    return ids.derive("pn", authority_id)


def notice_of(register: Register, authority_id: str) -> NoticeSays | None:
    """What an authority's notice says; None: nothing is entered."""
    return register.notices.get(notice_id(authority_id))


def is_up(notice: NoticeSays, day: str) -> bool:
    """Whether it is displayed on a day."""
    return notice.put_up_on is not None and notice.put_up_on <= day and not (notice.taken_down_on or "9") < day


def lacks(register: Register, authority_id: str) -> Iterator[str]:
    """What is missing before a notice says what the statute asks for and is displayed, in words."""
    kept = custody.of_authority(register, authority_id)
    if not kept.custodians:
        yield "nobody is entered as its legal custodian"
    elif not any(one.contact for one in kept.custodians):
        yield "how to reach its legal custodian is not entered"
    notice = notice_of(register, authority_id)
    if notice is None:
        yield "places and times, ways to ask and costs are not entered"
    elif not is_up(notice, register.day.isoformat()):
        yield "no day is entered on which it was put up" if notice.put_up_on is None else "it is not displayed today"
