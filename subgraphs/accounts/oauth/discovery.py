"""The provider's description of itself. Spec: OpenID Connect Discovery 1.0; RFC 8414."""

from __future__ import annotations

from shared.identity import ALGORITHMS, SERVICE_SCOPE

from .clients import APP_SCOPES


def describe_provider(issuer: str) -> dict[str, object]:
    """Return the metadata document of the provider at ``issuer``."""
    secret_methods = ["client_secret_basic", "client_secret_post"]
    return {
        "issuer": issuer,
        "authorization_endpoint": f"{issuer}/oauth/authorize",
        "token_endpoint": f"{issuer}/oauth/token",
        "introspection_endpoint": f"{issuer}/oauth/introspect",
        "revocation_endpoint": f"{issuer}/oauth/revoke",
        "userinfo_endpoint": f"{issuer}/userinfo",
        "jwks_uri": f"{issuer}/.well-known/jwks.json",
        "scopes_supported": [*APP_SCOPES, SERVICE_SCOPE],
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token", "client_credentials"],
        "token_endpoint_auth_methods_supported": ["none", *secret_methods],
        "introspection_endpoint_auth_methods_supported": secret_methods,
        "revocation_endpoint_auth_methods_supported": ["none", *secret_methods],
        "code_challenge_methods_supported": ["S256"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ALGORITHMS,
        "claims_supported": [
            "sub",
            "iss",
            "aud",
            "iat",
            "exp",
            "auth_time",
            "nonce",
            "name",
            "locale",
            "roles",
            "email",
        ],
        "prompt_values_supported": ["none", "login"],
    }
