"""Which browser pages may read answers, told by Starlette's own middleware. None unless configured."""

from __future__ import annotations

from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware

from gateway.config.settings import CorsConfig


def build_cors(config: CorsConfig) -> list[Middleware]:
    """Return the middleware for ``config``: nothing when no origin is allowed."""
    if not config.allow_origins:
        return []
    return [
        Middleware(
            CORSMiddleware,
            allow_origins=config.allow_origins,
            allow_methods=("GET", "POST"),
            allow_headers=config.allow_headers,
            allow_credentials=config.allow_credentials,
            expose_headers=("x-request-id",),
            max_age=config.max_age_seconds,
        )
    ]
