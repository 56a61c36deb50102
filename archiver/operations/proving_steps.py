"""What a connector has to show to be proven (:mod:`archiver.operations.proving`), step by step."""

from __future__ import annotations

from sqlalchemy import Connection, Row, func, select

from archiver.capture.models import Exchange
from archiver.operations.proving import Step, Trial, changes
from archiver.operations.proving_secrets import holds_secret
from archiver.records.models import Record, Version
from connectors.contract import RecordKind, State, SweepKind

_HIDDEN = (State.HIDDEN_BY_PAGE, State.HELD_FOR_REVIEW, State.SPAM, State.RESTRICTED)


def _is_read(trial: Trial, connection: Connection) -> str | None:
    query = select(func.count()).where(Record.account_id == trial.account.id)
    return None if connection.execute(query).scalar_one() else "not one record was found, not even the profile"


def _is_published(trial: Trial, connection: Connection) -> str | None:
    found = _saying(trial, connection, "post")
    own = [
        one for one in found if one.kind != RecordKind.COMMENT and one.author_id in (None, trial.account.platform_id)
    ]
    if not own:
        return f"no post of the account with the words {trial.words['post']}"
    trial.post = own[0].id
    return None


def _is_answered(trial: Trial, connection: Connection) -> str | None:
    found = _saying(trial, connection, "comment")
    under = [one for one in found if one.thread_id == trial.post and one.id != trial.post]
    if not under:
        return f"no comment under that post with the words {trial.words['comment']}"
    if under[0].author_id == trial.account.platform_id:
        return "that comment is by the account itself; it has to be by somebody else"
    trial.comment = under[0].id
    return None


def _is_edited(trial: Trial, connection: Connection) -> str | None:
    now = [one for one in _saying(trial, connection, "edit") if one.id == trial.post]
    return None if now and now[0].versions > 1 else f"the post does not have the words {trial.words['edit']} yet"


def _is_hidden(trial: Trial, connection: Connection) -> str | None:
    state = _state(connection, trial.comment)
    return None if state in _HIDDEN else f"the comment is still {_in_words(state)}"


def _is_away(trial: Trial, connection: Connection, record_id: str) -> str | None:
    state = _state(connection, record_id)
    return f"it is still {_in_words(state)}" if state in (State.VISIBLE, *_HIDDEN) else None


def _comment_is_away(trial: Trial, connection: Connection) -> str | None:
    return _is_away(trial, connection, trial.comment)


def _post_is_away(trial: Trial, connection: Connection) -> str | None:
    return _is_away(trial, connection, trial.post)


def _is_quiet(trial: Trial, connection: Connection) -> str | None:
    versions, states = (
        now - then for now, then in zip(changes(connection, trial.account.id), trial.before, strict=True)
    )
    if not versions and not states:
        return None
    return (
        f"{versions} new versions and {states} new states within moments; where nobody changed anything meanwhile, they"
        " are false"
    )


def _is_understood(trial: Trial, connection: Connection) -> str | None:
    ran = Exchange.run_id.in_([run.run_id for run in trial.runs])
    rows = connection.execute(select(Exchange.quarantine).where(ran)).scalars()
    left = sum(len(one or ()) for one in rows)
    return f"{left} places in answers could not be understood; they are kept as they came" if left else None


def _is_secret(trial: Trial, connection: Connection) -> str | None:
    found = holds_secret(trial.archive, connection, trial.account.id, [run.run_id for run in trial.runs])
    return f"what the account is read with stands in {found}" if found else None


def _saying(trial: Trial, connection: Connection, code: str) -> list[Row[str, str, str | None, str, int]]:
    """Records of the account whose latest words hold those of a step, the first that was seen first."""
    columns = (Record.id, Record.kind, Record.author_id, Record.thread_id, Record.versions)
    query = select(*columns).join(Version, Version.id == Record.version_id).order_by(Record.first_seen_at, Record.id)
    holds = func.lower(Version.text).contains(trial.words[code], autoescape=True)
    found = connection.execute(query.where(Record.account_id == trial.account.id, holds))
    return list(found)


def _state(connection: Connection, record_id: str) -> str:
    return str(connection.execute(select(Record.state).where(Record.id == record_id)).scalar_one())


def _in_words(state: str) -> str:
    return state.replace("_", " ")


_FULL, _NEW = SweepKind.FULL, SweepKind.NEW
STEPS = (
    Step("read", "the account is read from end to end", "", _FULL, _is_read),
    Step(
        "post",
        "a new post is seen",
        "Publish a post on the account with the words {words} in it.",
        _NEW,
        _is_published,
    ),
    Step(
        "comment",
        "a comment by somebody else is seen under it",
        "Have somebody else comment on that post with the words {words}.",
        _NEW,
        _is_answered,
        needs="post",
    ),
    Step(
        "edit",
        "an edit is seen, and the wording before it kept",
        "Edit the post: put the words {words} in it.",
        _FULL,
        _is_edited,
        needs="post",
    ),
    Step("hide", "a hidden comment is told as hidden", "Hide that comment.", _FULL, _is_hidden, needs="comment"),
    Step(
        "delete_comment",
        "a deleted comment is told as gone",
        "Delete that comment, or have it deleted; another comment of somebody has to stay, beside which it is missed.",
        _FULL,
        _comment_is_away,
        needs="comment",
    ),
    Step(
        "delete_post",
        "a deleted post is told as gone",
        "Delete the post; another one has to stay, beside which it is missed.",
        _FULL,
        _post_is_away,
        needs="post",
    ),
    Step("quiet", "a look at what nobody changed tells of no change", "", _FULL, _is_quiet),
    Step("understood", "every answer was understood", "", None, _is_understood),
    Step("secret", "what the account is read with is in nothing that is kept", "", None, _is_secret),
)
"""In their order."""
REQUIRED = frozenset({"read", "post", "delete_post", "quiet", "understood", "secret"})
"""Without these nothing is proven. The others cannot be done everywhere; which were not is said."""
