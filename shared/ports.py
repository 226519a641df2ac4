"""Ports that stay ours while nobody listens on them: until a child process does, and while it is started again.

Linux gives a bound port to nobody else, be it somebody who wants any port or an outgoing connection. Servers that set
``SO_REUSEADDR``, as nearly all do, can listen on it all the same, as long as its holder does not listen. Other systems
have other rules: there a port is found free and let go, and may be taken before it is used.
"""

from __future__ import annotations

import errno
import socket
import sys
from dataclasses import dataclass
from types import TracebackType
from typing import Self

LOOPBACK = "127.0.0.1"


class PortTaken(OSError):
    """Somebody else has the port."""


@dataclass(frozen=True, slots=True)
class PortReservation:
    """A port that is ours until it is closed."""

    port: int
    _held: tuple[socket.socket, ...]

    def close(self) -> None:
        """Give the port up; a server that listens on it goes on."""
        for each in self._held:
            each.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def reserve_port(
    host: str = LOOPBACK, wanted: int = 0, *, or_another: bool = False
) -> PortReservation:
    """Reserve ``wanted``, or any port for 0. With ``or_another`` any other is as good, if that one is taken.

    Raises:
        PortTaken: somebody listens on it, or has reserved it by its number.
    """
    try:
        return _reserve(host, wanted)
    except PortTaken:
        if not or_another:
            raise
        return _reserve(host, 0)


def _reserve(host: str, wanted: int) -> PortReservation:
    held: list[socket.socket] = []
    try:
        if wanted:
            held += _claim(wanted)
        holder = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
        held.append(holder)
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holder.bind((host, wanted))
        port: int = holder.getsockname()[1]
    except OSError as error:
        _close(held)
        if error.errno == errno.EADDRINUSE:
            raise PortTaken(error.errno, f"Port {wanted} of {host} is taken.") from error
        raise
    if sys.platform != "linux":
        _close(held)
        held = []
    return PortReservation(port, tuple(held))


def _claim(port: int) -> list[socket.socket]:
    """Keep others who reserve by number away: the kernel would let two hold a port that nobody listens on."""
    if sys.platform != "linux":
        return []
    name = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    try:
        # No file: the name is the kernel's, and goes with us.
        name.bind(f"\0cattery/port/{port}")
    except OSError:
        name.close()
        raise
    return [name]


def _close(sockets: list[socket.socket]) -> None:
    for each in sockets:
        each.close()
