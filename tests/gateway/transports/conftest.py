"""What talks to sockets is tested on both event loops: the standard one, and uvloop, on which the gateway runs.

uvloop differs where it matters here: classes of its own for transports, other moments for callbacks and errors.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

import pytest
import uvloop

_ON_BOTH = {"test_http1", "test_http2", "test_tls", "test_calls"}


@pytest.hookimpl(tryfirst=True)
def pytest_asyncio_loop_factories(
    item: pytest.Item,
) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Name the event loops for one test."""
    if item.path.stem in _ON_BOTH:
        return {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}
    return {"uvloop": uvloop.new_event_loop}
