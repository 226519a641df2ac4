"""The connection of a client: tells the request on it when the client is gone, at once and at no cost until then.

ASGI has a message for that, but whoever waits for it needs a task of its own beside each request.
"""

from __future__ import annotations

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

ON_CLIENT_LEFT = "cattery.on_client_left"
"""Key of the ASGI scope: a function to be called when the connection ends before the response is complete."""


class ClientConnection(HttpToolsProtocol):
    """uvicorn's HTTP/1.1 connection, with a listener for its early end."""

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell the request that is being worked on."""
        cycle = self.cycle
        super().connection_lost(exc)
        if cycle is None or cycle.response_complete:
            return
        on_client_left = cycle.scope.get(ON_CLIENT_LEFT)
        if callable(on_client_left):
            on_client_left()
