"""A store that knows what each commit writes and asks around it whether to die. It must not know any role."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from crm_workflows.domain.records import Message
from crm_workflows.engine.ports import Store, Transaction

Commit = tuple[str, ...]
"""What a commit has written: kinds of rows, and of mails which one."""


class Watched:
    """A transaction that notes what it writes."""

    def __init__(self, inner: Transaction) -> None:
        self._inner = inner
        self.written: set[str] = set()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def next_number(self, series: str, **_how: object) -> int:
        """Without gaps, so that the case has the same number however often its opening dies."""
        return self._inner.next_number(series)

    def insert(self, *records: object) -> None:
        self._inner.insert(*records)
        self.written |= {_kind("insert", record) for record in records}

    def insert_new(self, record: object) -> bool:
        is_new = self._inner.insert_new(record)
        if is_new:
            self.written.add(_kind("insert", record))
        return is_new

    def put(self, *records: object) -> None:
        self._inner.put(*records)
        self.written |= {_kind("put", record) for record in records}

    def update(
        self,
        record: type[object],
        key: tuple[object, ...],
        expecting: dict[str, object] | None = None,
        **values: object,
    ) -> bool:
        has_changed = self._inner.update(record, key, expecting, **values)
        if has_changed:
            mail = self._inner.get(Message, *key) if record is Message else None
            which = f" {mail.template}" if mail is not None else ""
            self.written.add(f"update {record.__name__}{which} {values.get('status', '')}")
        return has_changed

    def update_where(self, record: type[object], where: dict[str, object], **values: object) -> int:
        changed = self._inner.update_where(record, where, **values)
        if changed:
            self.written.add(f"update {record.__name__}")
        return changed

    def update_each(self, record: type[object], changes: Any) -> None:
        self._inner.update_each(record, changes)
        if changes:
            self.written.add(f"update {record.__name__}")

    def claim_mail(self, *arguments: Any) -> list[Message]:
        claimed = self._inner.claim_mail(*arguments)
        if claimed:
            self.written.add("claim mails")
        return claimed


def _kind(verb: str, record: object) -> str:
    which = f" {record.template}" if isinstance(record, Message) else ""
    return f"{verb} {type(record).__name__}{which}"


class MortalStore:
    """Passes everything on to the real store; before and behind each commit that has written, asks whether to die."""

    def __init__(self, inner: Store, dies: Callable[[Commit, bool], None]) -> None:
        self.inner = inner
        self._dies = dies

    @contextmanager
    def write(self) -> Iterator[Transaction]:
        """See the port."""
        with self.inner.write() as tx:
            watched = Watched(tx)
            yield watched
            commit = tuple(sorted(watched.written))
            if commit:
                self._dies(commit, False)
        if commit:
            self._dies(commit, True)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)
