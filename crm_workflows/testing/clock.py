"""A clock that stands still until a test moves it. It must not read real time."""

from datetime import UTC, datetime, timedelta


class ManualClock:
    """Starts on Monday 2 March 2026, 09:00 in Shanghai, unless told otherwise; instants are aware and UTC."""

    def __init__(self, at: datetime = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)) -> None:
        self.at = at

    def now(self) -> datetime:
        """Where the test has put the clock."""
        return self.at

    def real_seconds(self, virtual_seconds: float) -> float:
        """The same number: one virtual second stands for one real one."""
        return virtual_seconds

    def after_real(self, seconds: float) -> datetime:
        """`seconds` later, without moving the clock."""
        return self.at + timedelta(seconds=seconds)

    def move_to(self, at: datetime) -> None:
        """Put the clock to a later instant; a clock of cases never goes back."""
        if at < self.at:
            raise ValueError(f"a test moved the clock back from {self.at} to {at}")
        self.at = at
