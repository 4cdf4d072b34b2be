"""A store that fails at a chosen commit, before or after it, as a kill or a full disk would."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pytest

from crm_workflows.engine.ports import Reader, Store, Transaction


class Killed(BaseException):
    """The process has died here: nothing may catch this."""


@contextmanager
def killed_at(module: object, function: str, nth: int = 1, *, after: bool = False) -> Iterator[None]:
    """The process dies at the nth call of a function, before or after it; the block has to come to that."""
    called, calls = getattr(module, function), 0

    def deadly(*given: Any, **more: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == nth and not after:
            raise Killed
        result = called(*given, **more)
        if calls == nth:
            raise Killed
        return result

    with pytest.raises(Killed), pytest.MonkeyPatch.context() as patching:  # noqa: PT012 - the block is the caller's
        patching.setattr(module, function, deadly)
        yield


class BreakingStore:
    """Passes everything on to the real store; counts commits, and fails at one of them when told to."""

    def __init__(self, inner: Store) -> None:
        self.inner = inner
        self.commits = 0
        self._at: int | None = None
        self._after = False
        self._failure: Callable[[], BaseException] = Killed

    def fail_at(self, commit: int, *, after: bool, failure: Callable[[], BaseException] = Killed) -> None:
        """Fail at that commit, counted from now on, the first being 1."""
        self.commits, self._at, self._after, self._failure = 0, commit, after, failure

    @property
    def has_failed(self) -> bool:
        """Whether the failure has happened."""
        return self._at is not None and self.commits >= self._at

    @contextmanager
    def write(self) -> Iterator[Transaction]:
        """See the port."""
        with self.inner.write() as tx:
            yield tx
            self.commits += 1
            is_now = self.commits == self._at
            if is_now and not self._after:
                raise self._failure()
        if is_now:
            raise self._failure()

    def read(self) -> AbstractContextManager[Reader]:
        """See the port."""
        return self.inner.read()

    def wake(self) -> None:
        """See the port."""
        self.inner.wake()

    def wait(self, seconds: float) -> bool:
        """See the port."""
        return self.inner.wait(seconds)

    def compact(self, *, by_night: bool) -> bool:
        """See the port."""
        return self.inner.compact(by_night=by_night)

    def close(self) -> None:
        """See the port."""
        self.inner.close()
