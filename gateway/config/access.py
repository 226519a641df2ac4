"""Reads who is let in: the tokens that are trusted, and what pages of other origins may do."""

from __future__ import annotations

from gateway.errors import ConfigInvalid

from .headers import read_header_names
from .reader import Section
from .settings import CorsConfig, CsrfConfig, IdentityConfig
from .sources import check_url

_ALGORITHMS = ("EdDSA", "Ed25519", "ES256", "ES384", "RS256", "RS384", "PS256")
"""Asymmetric only: a verifier that also takes shared secrets can be fooled with a public key."""


def read_identity(section: Section | None) -> IdentityConfig | None:
    """Return which tokens are trusted; ``None`` when nothing is said about it."""
    if section is None:
        return None
    jwks_url = section.text("jwks_url", None)
    if jwks_url is None:
        raise ConfigInvalid(f"{section.at('jwks_url')} is missing.")
    check_url(jwks_url, section.at("jwks_url"))
    default = IdentityConfig(jwks_url=jwks_url)
    identity = IdentityConfig(
        jwks_url=jwks_url,
        issuer=section.text("issuer", default.issuer),
        audience=section.text("audience", default.audience),
        algorithms=section.texts("algorithms", default.algorithms),
        clock_skew_seconds=section.integer(
            "clock_skew_seconds", default.clock_skew_seconds, maximum=600
        ),
        require=section.flag("require", default=default.require),
        roles_claim=section.text("roles_claim", default.roles_claim),
        keys_max_age_seconds=section.seconds(
            "keys_max_age_seconds", default.keys_max_age_seconds, minimum=1
        ),
        unknown_key_seconds=section.seconds("unknown_key_seconds", default.unknown_key_seconds),
        fetch_timeout_seconds=section.seconds(
            "fetch_timeout_seconds", default.fetch_timeout_seconds, minimum=0.1
        ),
    )
    section.close()
    for algorithm in identity.algorithms:
        if algorithm not in _ALGORITHMS:
            raise ConfigInvalid(
                f"{section.at('algorithms')} must be of {', '.join(_ALGORITHMS)}; "
                f"{algorithm!r} is none of them."
            )
    return identity


def read_cors(section: Section) -> CorsConfig:
    """Return which origins may read answers."""
    default = CorsConfig()
    cors = CorsConfig(
        allow_origins=section.texts("allow_origins", default.allow_origins),
        allow_credentials=section.flag("allow_credentials", default=default.allow_credentials),
        allow_headers=read_header_names(section, "allow_headers", default.allow_headers),
        max_age_seconds=section.integer("max_age_seconds", default.max_age_seconds),
    )
    section.close()
    if cors.allow_credentials and "*" in cors.allow_origins:
        raise ConfigInvalid(
            f"{section.at('allow_origins')} must name the origins when credentials are allowed: "
            "'*' would let every page act for the person at the browser."
        )
    return cors


def read_csrf(section: Section) -> CsrfConfig:
    """Return what shows that a browser has asked first."""
    default = CsrfConfig()
    csrf = CsrfConfig(
        enabled=section.flag("enabled", default=default.enabled),
        headers=read_header_names(section, "headers", default.headers),
    )
    section.close()
    return csrf
