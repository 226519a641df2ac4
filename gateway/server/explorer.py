"""The page that a browser gets at the GraphQL path: write operations, run them, read the schema. All in one file."""

from __future__ import annotations

import base64
import hashlib
import html
import re
from collections.abc import Mapping
from importlib.resources import files
from urllib.parse import parse_qs

from starlette.types import Scope, Send

_INLINE = re.compile(r"<(style|script)>(.*?)</\1>", re.DOTALL)


class Explorer:
    """The page, ready to be sent.

    Args:
        path: where it sends operations to.
    """

    def __init__(self, path: str) -> None:
        page = files(__package__).joinpath("explorer.html").read_text(encoding="utf-8")
        self._body = page.replace("{{path}}", html.escape(path)).encode()
        self._headers = [
            (b"content-type", b"text/html; charset=utf-8"),
            (b"content-length", str(len(self._body)).encode()),
            (b"content-security-policy", _policy(page).encode()),
            (b"referrer-policy", b"no-referrer"),
            (b"x-content-type-options", b"nosniff"),
            (b"vary", b"Accept"),
        ]

    def is_asked_for(self, scope: Scope, headers: Mapping[str, str]) -> bool:
        """Whether a browser opens the path, rather than a client sending a query by GET."""
        if scope["method"] != "GET" or "text/html" not in headers.get("accept", ""):
            return False
        parameters = parse_qs(scope["query_string"].decode("latin-1"))
        return parameters.keys().isdisjoint({"query", "extensions"})

    async def send(self, send: Send) -> None:
        """Send the page."""
        await send({"type": "http.response.start", "status": 200, "headers": self._headers})
        await send({"type": "http.response.body", "body": self._body})


def _policy(page: str) -> str:
    """Return a policy by which only the page's own script and style run, and nothing is loaded."""
    hashes = {"script": "", "style": ""}
    for match in _INLINE.finditer(page):
        digest = base64.b64encode(hashlib.sha256(match[2].encode()).digest()).decode()
        hashes[match[1]] += f" 'sha256-{digest}'"
    return (
        f"default-src 'none'; connect-src 'self'; img-src data:; script-src{hashes['script']}; "
        f"style-src{hashes['style']}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
