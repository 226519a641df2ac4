"""The socket that clients connect to, bound before anything else is begun: a port that is taken is told at once."""

from __future__ import annotations

import socket

from gateway.config.settings import ServerConfig


def bind_listener(config: ServerConfig, *, is_shared: bool = False) -> socket.socket:
    """Return a socket at the address of ``config`` that does not listen yet.

    Args:
        config: where.
        is_shared: other processes of this gateway have sockets of their own there.

    Raises:
        OSError: somebody else has the port, or the address is none of this machine's.
    """
    family = socket.AF_INET6 if ":" in config.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if is_shared:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        listener.bind((config.host, config.port))
    except BaseException:
        listener.close()
        raise
    return listener
