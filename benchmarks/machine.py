"""Describes the machine on which figures were taken. It must not change anything on it."""

import os
import platform
import resource
import statistics
import sys
import tempfile
import time
from pathlib import Path


def described(folder: Path) -> list[str]:
    """One line each: processor, Python, load, and what the disk of `folder` charges for a commit."""
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    return [
        f"{_processor()}, {os.cpu_count()} cores, {_memory_gigabytes():.0f} GB; {platform.platform()}",
        f"Python {platform.python_version()}; load when started {load}",
        f"write and fsync of 4 KB in {folder}: {fsync_milliseconds(folder):.3f} ms (median)",
    ]


def fsync_milliseconds(folder: Path, times: int = 200) -> float:
    """The median time that a 4 KB write and its fsync take in this folder."""
    taken = []
    with tempfile.TemporaryFile(dir=folder, buffering=0) as file:
        for _ in range(times):
            start = time.perf_counter()
            file.write(b"\0" * 4_096)
            os.fsync(file.fileno())
            taken.append(time.perf_counter() - start)
    return statistics.median(taken) * 1_000


def most_memory() -> int:
    """The most memory that this process ever held, in bytes.

    Not from `getrusage` on Linux, where a new program begins with the figure of the process that started it.
    """
    status = Path("/proc/self/status")
    for line in status.read_text(encoding="utf-8").splitlines() if status.exists() else ():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1_024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1_024)


def processor_seconds() -> float:
    """What all processes have used so far; 0 where the system does not tell it."""
    told = Path("/proc/stat")
    if not told.exists():
        return 0.0
    user, nice, system = told.read_text(encoding="utf-8").split()[1:4]
    return (int(user) + int(nice) + int(system)) / os.sysconf("SC_CLK_TCK")


def _processor() -> str:
    told = Path("/proc/cpuinfo")
    for line in told.read_text(encoding="utf-8").splitlines() if told.exists() else ():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _memory_gigabytes() -> float:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
