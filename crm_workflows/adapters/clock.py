"""The system's clock, and a shifted one for tests and demonstrations. The only module that may read real time."""

import time
from datetime import UTC, datetime, timedelta


class SystemClock:
    """Real time."""

    def now(self) -> datetime:
        """The present instant, aware, UTC."""
        return datetime.now(UTC)

    def real_seconds(self, virtual_seconds: float) -> float:
        """The same: this clock runs at real speed."""
        return virtual_seconds

    def after_real(self, seconds: float) -> datetime:
        """The instant that many real seconds from now."""
        return self.now() + timedelta(seconds=seconds)


class ShiftedClock:
    """A clock that started at `virtual_origin` when the real time was `real_origin`, and runs `speed` times as fast.

    All processes of an installation share the origins through the database, so they share one time.
    """

    def __init__(self, virtual_origin: datetime, real_origin: datetime, speed: float) -> None:
        self.virtual_origin = virtual_origin.astimezone(UTC)
        self.real_origin = real_origin.astimezone(UTC)
        self.speed = speed

    def now(self) -> datetime:
        """The virtual instant, aware, UTC."""
        return self.virtual_origin + (datetime.now(UTC) - self.real_origin) * self.speed

    def real_seconds(self, virtual_seconds: float) -> float:
        """How long that takes on a real clock."""
        return virtual_seconds / self.speed

    def after_real(self, seconds: float) -> datetime:
        """The virtual instant that many real seconds from now."""
        return self.now() + timedelta(seconds=seconds * self.speed)


def real_now() -> datetime:
    """The real instant, for the origin of a shifted clock."""
    return datetime.now(UTC)


def monotonic() -> float:
    """Seconds on a clock that never goes back; for measuring and for throttles, never for case data."""
    return time.monotonic()
