"""Who may ask the provider for tokens: apps in browsers, our own services, integrators' machines.

Each kind answers Authlib's questions about a client. Spec: RFC 6749, section 2.
"""

from __future__ import annotations

import hmac
import re

from authlib.oauth2.rfc6749 import ClientMixin

from shared.identity import SERVICE_SCOPE
from subgraphs.accounts.models import Account, IntegratorKey
from subgraphs.accounts.opaque_tokens import is_same

APP_SCOPES = ("openid", "profile", "email")
SERVICE_NAME = re.compile(r"[a-z][a-z0-9-]{0,40}")


class OAuthClient(ClientMixin):
    """What all kinds have in common: whatever a kind does not list is denied."""

    scopes: tuple[str, ...] = ()
    grants: tuple[str, ...] = ("client_credentials",)
    auth_methods: tuple[str, ...] = ("client_secret_basic", "client_secret_post")
    redirect_uris: tuple[str, ...] = ()

    def __init__(self, client_id: str) -> None:
        self.client_id = client_id

    def get_client_id(self) -> str:
        """Return the identifier."""
        return self.client_id

    def get_default_redirect_uri(self) -> str | None:
        """There is none: apps say where to, every time."""
        return None

    def get_allowed_scope(self, scope: str | None) -> str:
        """Return which of the wanted scopes the client may have; wanting none in particular is wanting all."""
        wanted = self.scopes if not scope else tuple(scope.split())
        return " ".join(name for name in self.scopes if name in wanted)

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        """Whether this is one of the registered URIs, to the letter. Spec: RFC 9700, section 2.1."""
        return redirect_uri in self.redirect_uris

    def check_client_secret(self, client_secret: str) -> bool:
        """Whether the secret is right."""
        return False

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        """Whether the client may authenticate in this way."""
        return method in self.auth_methods

    def check_response_type(self, response_type: str) -> bool:
        """Whether the client may use the authorization endpoint."""
        return response_type == "code" and "authorization_code" in self.grants

    def check_grant_type(self, grant_type: str) -> bool:
        """Whether the client may use this grant."""
        return grant_type in self.grants


class AppClient(OAuthClient):
    """An app in its user's hands, which can keep no secret: it proves itself by PKCE and redirect URI."""

    scopes = APP_SCOPES
    grants = ("authorization_code", "refresh_token")
    auth_methods = ("none",)

    def __init__(self, client_id: str, redirect_uris: tuple[str, ...]) -> None:
        super().__init__(client_id)
        self.redirect_uris = redirect_uris


class ServiceClient(OAuthClient):
    """One of our own services; they share one secret."""

    scopes = (SERVICE_SCOPE,)

    def __init__(self, client_id: str, secret: str) -> None:
        super().__init__(client_id)
        self._secret = secret

    def check_client_secret(self, client_secret: str) -> bool:
        """Whether the caller knows the services' secret."""
        return hmac.compare_digest(self._secret.encode(), client_secret.encode())


class IntegratorClient(OAuthClient):
    """An integrator's machine, by one of its keys."""

    def __init__(self, key: IntegratorKey, holder: Account) -> None:
        super().__init__(key.client_id)
        self.key, self.holder = key, holder
        self.scopes = tuple(key.scope.split())

    def check_client_secret(self, client_secret: str) -> bool:
        """Whether the caller has the key's other half."""
        return is_same(client_secret, self.key.secret_digest)
