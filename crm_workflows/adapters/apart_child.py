"""The child process in which `apart` reads: a function and its arguments come in, what it returns or raises goes out.

It must not write files or keep anything between two calls.
"""

import pickle
import resource
import signal
import sys
from typing import IO, Final

_LENGTH: Final = 8
"""Bytes in which the length of a message stands before it."""
_GRACE: Final = 5.0
"""Seconds after the parent's limit at which the child ends itself: the parent may have been killed."""


def send(pipe: IO[bytes], message: bytes) -> None:
    """One message; BrokenPipeError when nobody reads any more."""
    pipe.write(len(message).to_bytes(_LENGTH, "big") + message)
    pipe.flush()


def receive(pipe: IO[bytes]) -> bytes:
    """One message; EOFError when the other end is gone."""
    length = int.from_bytes(_read(pipe, _LENGTH), "big")
    return _read(pipe, length)


def _read(pipe: IO[bytes], size: int) -> bytes:
    read = pipe.read(size)
    if len(read) < size:
        raise EOFError
    return read


def serve(megabytes: int, seconds: float) -> None:
    """Answer until nobody asks any more, or a limit is reached."""
    # What will be asked, before it is timed; not above, since the parent imports this module with every command.
    from crm_workflows.domain.mail import digest_reply, parse  # noqa: F401

    memory = megabytes * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    send(sys.stdout.buffer, b"ready")
    while True:
        try:
            asked = receive(sys.stdin.buffer)
        except EOFError:
            return
        signal.setitimer(signal.ITIMER_REAL, seconds + _GRACE)  # by default SIGALRM ends a process, also inside C code
        send(sys.stdout.buffer, _answer(asked))
        signal.setitimer(signal.ITIMER_REAL, 0)


def _answer(asked: bytes) -> bytes:
    work, args = pickle.loads(asked)  # noqa: S301 - written by the parent
    try:
        return pickle.dumps(work(*args))
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever it is, the parent raises it
        return pickle.dumps(error)


if __name__ == "__main__":
    serve(int(sys.argv[1]), float(sys.argv[2]))
