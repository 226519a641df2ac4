"""Refuses requests that a browser sends from a foreign page without asking the gateway first.

A browser asks first (a CORS preflight) before it sends a JSON body or a header of the page's own. So a request with
either is proof that it was allowed to.
"""

from __future__ import annotations

from collections.abc import Mapping

from gateway.config.settings import CsrfConfig
from gateway.errors import CsrfSuspected

_SENT_UNASKED = frozenset(
    {"", "application/x-www-form-urlencoded", "multipart/form-data", "text/plain"}
)
"""Content types of "simple" requests. Spec: Fetch, CORS-safelisted request-header."""


def check_csrf(content_type: str, headers: Mapping[str, str], config: CsrfConfig) -> None:
    """Raise ``CsrfSuspected`` unless the request shows that a browser would have asked first.

    Args:
        content_type: the media type without parameters, in lower case; empty when there is none.
        headers: the request's headers, by lower-case name.
        config: which headers count as proof.
    """
    if not config.enabled or content_type not in _SENT_UNASKED:
        return
    if any(headers.get(name) for name in config.headers):
        return
    raise CsrfSuspected(
        "A browser could send this request from any page. Send a JSON body with POST, or one of "
        f"the headers {', '.join(config.headers)}."
    )
