"""What is different in a company that was restored: what it may have done after the backup, it cannot know.

Mails that were waiting when the backup was made may have been sent since, so they are held for a person instead of
being sent a second time; sessions and tokens may have been ended since, so all of them are; and the restore is put on
record. It must not read or write the backup's file.
"""

import json
from datetime import UTC, datetime
from typing import Any, Final

from crm_workflows.adapters.backups.backup_rows import Target
from crm_workflows.domain.instants import stamp
from crm_workflows.domain.text import bilingual, shown_in
from crm_workflows.engine.erasing.repeating import FOLLOWED
from crm_workflows.engine.record.auditing import RESTORED

_WAITING: Final = ("queued", "sending", "uncertain")


def held_because(made_at: datetime) -> str:
    """Why a mail is held: shown where mails are that could not be delivered."""
    zh, en = (shown_in(made_at.astimezone(UTC), language) for language in ("zh", "en"))
    return bilingual(
        f"由 {zh}的备份恢复：此邮件当时待发，之后可能已经发出；确认未收到后请用 crmw mail resend 发出",
        f"restored from a backup of {en}: it was waiting then and may have been sent since; if it has not come, send "
        "it with crmw mail resend",
    )


def hold_mails(target: Target, made_at: datetime) -> int:
    """Give up the mails that were waiting, in the open transaction; returns how many. Their bytes are dropped, since
    they hold the secret of their reader: sent again, a mail is rendered anew under its Message-ID."""
    place = _place(target)
    waiting = ", ".join([place] * len(_WAITING))
    statement = (
        f"UPDATE messages SET status = 'failed', error = {place}, content = NULL, next_at = NULL, "  # noqa: S608 - marks
        f"claimed_until = NULL WHERE status IN ({waiting})"
    )
    return int(target.connection.execute(statement, (held_because(made_at), *_WAITING)).rowcount)


def end_passes(target: Target, restored_at: datetime) -> None:
    """End every session and token, in the open transaction; a backup of before there were any has no such table."""
    if "passes" in target.tables():
        place, at = _place(target), stamp(restored_at)
        statement = f"UPDATE passes SET ended_at = {place}, ended_by = {place} WHERE ended_at IS NULL"  # noqa: S608 - marks
        target.connection.execute(statement, (at, RESTORED))


def put_on_record(target: Target, made_at: datetime, restored_at: datetime) -> None:
    """Note the restore beside those before it, in the open transaction; whom it brought back nobody has looked at."""
    place = _place(target)
    found = target.connection.execute(f"SELECT value FROM meta WHERE key = {place}", (RESTORED,)).fetchone()  # noqa: S608
    restores: list[dict[str, Any]] = json.loads(found[0]) if found else []
    restores.append({"made_at": _utc(made_at), "restored_at": _utc(restored_at)})
    target.connection.execute(f"DELETE FROM meta WHERE key IN ({place}, {place})", (RESTORED, FOLLOWED))  # noqa: S608
    target.connection.execute(
        f"INSERT INTO meta (key, value) VALUES ({place}, {place})",  # noqa: S608
        (RESTORED, json.dumps(restores)),
    )


def _place(target: Target) -> str:
    return "?" if target.is_sqlite else "%s"


def _utc(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds")
