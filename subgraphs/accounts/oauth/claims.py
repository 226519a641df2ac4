"""What an app learns about a person, by the scopes it was granted. Spec: OpenID Connect Core 1.0, section 5.4."""

from __future__ import annotations

from subgraphs.accounts.models import Account


def person_claims(account: Account, *, scope: str) -> dict[str, object]:
    """Return the claims about a person; ``sub`` always."""
    granted = scope.split()
    claims: dict[str, object] = {"sub": str(account.id)}
    if "profile" in granted:
        claims["name"] = account.display_name
        claims["locale"] = account.locale
        claims["roles"] = [role.value for role in account.roles]
    if "email" in granted:
        claims["email"] = account.email
    return claims
