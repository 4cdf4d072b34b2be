"""The programs of others that read what we ship, asked what they say of it."""

import subprocess


def run(*command: str) -> str:
    """What a program says on both streams, however it ends."""
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    return done.stdout + done.stderr
