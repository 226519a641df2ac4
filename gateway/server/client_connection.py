"""The connection of a client: HTTP/1.1 requests in, one answered after the other, each told when the client leaves.

It is uvicorn's, with what every request passes through made cheaper: ``exchange.py`` in the place of its cycle, and one
timer for all the time that a connection rests. What uvicorn offers and the gateway does not use is left out: an access
log, a limit of connections, a context of its own for each request. Why: ``docs/decisions/0011``.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Any, cast
from urllib.parse import unquote

import httptools
from uvicorn._types import HTTPScope
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from .exchange import EXCHANGE, Exchange


class ClientConnection(HttpToolsProtocol):
    """One connection; uvicorn makes it, and tells it to shut down."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._latest: Exchange | None = None
        """To it belongs what the parser reads."""

        self._current: Exchange | None = None
        """It is being answered; those after it wait."""

        self._waiting: deque[tuple[Exchange, dict[str, Any]]] = deque()
        self._is_resting = False
        """Whether nothing has arrived since the last answer."""

        self._rests_since = 0.0
        self._rest_timer: asyncio.TimerHandle | None = None
        self._known_url = b""
        self._known_target = ("", b"", b"")
        """Path, raw path and query of that URL. Clients ask for the same again and again."""

        self._known_defaults: list[tuple[bytes, bytes]] = []
        self._known_default_lines = b""

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell the request that is being worked on; those that wait are dropped."""
        self.connections.discard(self)
        self._waiting.clear()
        if self._rest_timer is not None:
            self._rest_timer.cancel()
            self._rest_timer = None
        if self._current is not None:
            self._current.on_connection_lost()
        self.flow.resume_writing()
        if exc is None:
            self.transport.close()
        # The parser knows this connection by its methods: a cycle.
        del self.parser

    def data_received(self, data: bytes) -> None:
        """Parse what has arrived."""
        self._is_resting = False
        super().data_received(data)

    def shutdown(self) -> None:
        """End the connection, now or with the last of the answers that are due."""
        if self._latest is None or self._latest.is_answered:
            self.transport.close()
        else:
            self._latest.keep_alive = False

    def default_lines(self) -> bytes:
        """Return the header lines that every answer has; uvicorn makes new ones once a second."""
        defaults = self.server_state.default_headers
        if defaults is not self._known_defaults:
            self._known_defaults = defaults
            self._known_default_lines = b"".join(b"%b: %b\r\n" % each for each in defaults)
        return self._known_default_lines

    # What the parser tells

    def on_message_begin(self) -> None:
        """Start over."""
        self.url = b""
        self.headers = []
        self.expect_100_continue = False

    def on_headers_complete(self) -> None:
        """Have the request answered, or let it wait for its turn."""
        parser = self.parser
        method = parser.get_method().decode("ascii")
        version = parser.get_http_version()
        path, raw_path, query = self._split_url()
        scope: dict[str, Any] = {
            "type": "http",
            "asgi": {"version": self.asgi_version, "spec_version": "2.3"},
            "http_version": version,
            "server": self.server,
            "client": self.client,
            "scheme": self.scheme,
            "root_path": self.root_path,
            "method": method,
            "path": path,
            "raw_path": raw_path,
            "query_string": query,
            "headers": self.headers,
            "state": self.app_state.copy(),
        }
        if parser.should_upgrade() and self._should_upgrade():
            self.scope = cast(HTTPScope, scope)  # for whoever takes the connection over
            return
        is_old = version == "1.0"
        exchange = self._latest = scope[EXCHANGE] = Exchange(
            self,
            method,
            is_old=is_old,
            keep_alive=not is_old and parser.should_keep_alive(),
            expects_continue=self.expect_100_continue,
        )
        if self._current is None:
            self._work_on(exchange, scope)
        else:
            self.flow.pause_reading()
            self._waiting.append((exchange, scope))

    def on_body(self, body: bytes) -> None:
        """Hand a piece on."""
        if self._latest is not None:
            self._latest.on_body(body)

    def on_message_complete(self) -> None:
        """Hand on that there is no more."""
        exchange = self._latest
        if exchange is None:
            return
        exchange.on_body_end()
        if self._current is None:
            # It was answered before the end of its body.
            self._rest()

    # What exchanges tell

    def on_answered(self) -> None:
        """Go on with the next request, or rest."""
        self.server_state.total_requests += 1
        self._current = None
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self._waiting:
            self._work_on(*self._waiting.popleft())
        else:
            self._rest()

    def _work_on(self, exchange: Exchange, scope: dict[str, Any]) -> None:
        self._current = exchange
        task = self.loop.create_task(self.app(scope, exchange.receive, exchange.send))
        exchange.task = task
        self.tasks.add(task)
        task.add_done_callback(exchange.on_end)

    def _split_url(self) -> tuple[str, bytes, bytes]:
        """Return path, raw path and query of the URL."""
        if self.url != self._known_url:
            parsed = httptools.parse_url(self.url)
            raw_path: bytes = parsed.path
            path = raw_path.decode("ascii")
            if "%" in path:
                path = unquote(path)
            prefix = self.root_path
            self._known_target = (prefix + path, prefix.encode() + raw_path, parsed.query or b"")
            self._known_url = self.url
        return self._known_target

    def _rest(self) -> None:
        """Close the connection some time from now, unless something arrives before.

        The timer is not set anew each time: when it is due, it looks how long the connection has been at rest.
        """
        self._is_resting = True
        self._rests_since = self.loop.time()
        if self._rest_timer is None:
            self._rest_timer = self.loop.call_later(self.timeout_keep_alive, self._look_at_rest)

    def _look_at_rest(self) -> None:
        self._rest_timer = None
        if not self._is_resting:
            return
        ends_at = self._rests_since + self.timeout_keep_alive
        if self.loop.time() >= ends_at:
            self.transport.close()
        else:
            self._rest_timer = self.loop.call_at(ends_at, self._look_at_rest)
