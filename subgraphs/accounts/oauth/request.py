"""An HTTP request as Authlib reads it: its form has been read in advance, since Authlib cannot wait for a body."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from functools import cached_property
from urllib.parse import parse_qsl

from authlib.oauth2.rfc6749 import OAuth2Payload, OAuth2Request
from starlette.requests import Request

from .unit import Unit

MAX_FORM_BYTES = 32_000
MAX_FIELDS = 50
FORM_TYPE = "application/x-www-form-urlencoded"
Pairs = list[tuple[str, str]]


class FormInvalid(ValueError):
    """The body is too large, of another type, or cannot be read."""


class ProviderPayload(OAuth2Payload):
    """A request's parameters, in order."""

    def __init__(self, pairs: Pairs) -> None:
        self._pairs = pairs

    @cached_property
    def data(self) -> dict[str, str]:
        """Each parameter's value; of several, the last."""
        return dict(self._pairs)

    @cached_property
    def datalist(self) -> defaultdict[str, list[str]]:
        """Each parameter's values, so that repeated ones can be refused."""
        values: defaultdict[str, list[str]] = defaultdict(list)
        for name, value in self._pairs:
            values[name].append(value)
        return values


class ProviderRequest(OAuth2Request):
    """What one endpoint was asked; ``pairs`` are the parameters that it goes by."""

    def __init__(self, request: Request, pairs: Pairs) -> None:
        # Authlib refuses addresses that are not HTTPS. Where TLS ends is the deployment's matter: our services reach
        # us behind it, or in this very process.
        super().__init__(request.method, f"https://accounts{request.url.path}")
        self.headers: Mapping[str, str] = request.headers
        self.payload = ProviderPayload(pairs)
        self.unit: Unit | None = None

    @property
    def form(self) -> dict[str, str]:
        """The parameters: the endpoints that ask for a form take no others."""
        return self.payload.data


async def read_form(request: Request) -> Pairs:
    """Return the fields of a request's form.

    Raises:
        FormInvalid: the body is too large, of another type, or cannot be read.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM_TYPE:
        raise FormInvalid(f"The body must be {FORM_TYPE}.")
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_FORM_BYTES:
            raise FormInvalid("The body is too large.")
    try:
        return parse_qsl(
            body.decode(), keep_blank_values=True, max_num_fields=MAX_FIELDS, errors="strict"
        )
    except ValueError as error:
        raise FormInvalid("The body cannot be read.") from error
