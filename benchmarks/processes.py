"""What processes cost: CPU time and memory of a process and its children, from ``/proc``. Linux only."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from pathlib import Path

_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
_LISTENING = "0A"


def find_listener(port: int) -> int | None:
    """Return the process that listens on a TCP port of this machine, if we may see it."""
    inodes = {
        fields[9]
        for table in ("tcp", "tcp6")
        for fields in map(str.split, Path(f"/proc/net/{table}").read_text().splitlines()[1:])
        if fields[3] == _LISTENING and int(fields[1].rpartition(":")[2], 16) == port
    }
    sockets = {f"socket:[{inode}]" for inode in inodes}
    for process in _all_processes():
        with suppress(OSError):
            for descriptor in Path(f"/proc/{process}/fd").iterdir():
                if str(descriptor.readlink()) in sockets:
                    return process
    return None


def process_tree(root: int) -> list[int]:
    """Return a process and everything below it."""
    children: dict[int, list[int]] = {}
    for process in _all_processes():
        with suppress(OSError):
            children.setdefault(int(_stat(process)[1]), []).append(process)
    found, waiting = [], [root]
    while waiting:
        process = waiting.pop()
        found.append(process)
        waiting.extend(children.get(process, ()))
    return found


def cpu_seconds(root: int) -> float:
    """Return the CPU time that a process tree has used so far."""
    ticks = 0
    for process in process_tree(root):
        with suppress(OSError):
            fields = _stat(process)
            ticks += int(fields[11]) + int(fields[12])
    return ticks / _TICKS_PER_SECOND


def memory_mib(root: int) -> float:
    """Return the resident memory of a process tree."""
    total_kib = 0
    for process in process_tree(root):
        with suppress(OSError):
            match = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{process}/status").read_text())
            total_kib += int(match[1]) if match else 0
    return total_kib / 1024


def pin(root: int, core: int) -> None:
    """Keep all threads of a process tree on one core, so that runs can be compared."""
    for process in process_tree(root):
        with suppress(OSError):
            for thread in Path(f"/proc/{process}/task").iterdir():
                os.sched_setaffinity(int(thread.name), {core})


def _all_processes() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]


def _stat(process: int) -> list[str]:
    """Return the fields after the command's name: state, parent and so on."""
    return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
