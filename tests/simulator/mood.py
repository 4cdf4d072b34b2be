"""How much goes wrong in one world, drawn from its seed: calm in one respect, wild in another. It must not act."""

import random
from dataclasses import dataclass


@dataclass(frozen=True)
class Mood:
    """Shares of 1 unless named otherwise."""

    kill: float
    """at one boundary of a process"""
    pause: float
    """at one boundary of a process: everybody else goes on meanwhile"""
    locked: float
    """of writes find the database locked by another program"""
    smtp: float
    """of attempts at a mail end in some trouble"""
    outside: float
    """of calls to the outside fail"""
    silent: float
    """of those asked never answer"""
    late: float
    """answer after days instead of hours"""
    twice: float
    """answer twice"""
    wrong: float
    """answer what cannot be, or answer though they may not"""
    by_mail: float
    """answer by mail instead of by the link"""
    imap: bool
    """mail is fetched from a mailbox; else handed in to the loopback server"""
    away: float
    """of people have a deputy for some days"""

    @classmethod
    def drawn(cls, rng: random.Random) -> "Mood":
        """Each trouble is absent, usual or frequent."""

        def few(usual: float) -> float:
            return usual * rng.choice((0, 1, 1, 3))

        return cls(
            kill=few(0.004), pause=few(0.02), locked=few(0.01), smtp=few(0.08), outside=few(0.2),
            silent=few(0.12), late=few(0.15), twice=few(0.15), wrong=few(0.1),
            by_mail=rng.choice((0.2, 0.5, 0.8)), imap=rng.random() < 0.5,
            away=few(0.15),
        )  # fmt: skip


CALM = Mood(0, 0, 0, 0, 0, 0, 0, 0, 0, by_mail=0.0, imap=False, away=0)
"""When a world comes to its end: everybody answers, nothing breaks."""
