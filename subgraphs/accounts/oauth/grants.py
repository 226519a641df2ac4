"""The grants we offer, on Authlib's: authorization code with PKCE, refresh, client credentials.

Tokens are issued by our services, which store what must be stored; Authlib's own ``save_token`` has nothing left to do.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, ClassVar

from authlib.oauth2.rfc6749 import InvalidGrantError, InvalidRequestError, InvalidScopeError, grants
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oidc.core import OpenIDCode

from subgraphs.accounts.access_tokens import SignedToken
from subgraphs.accounts.models import Account, AuthorizationCode, LoginSession
from subgraphs.accounts.opaque_tokens import digest, new_token
from subgraphs.accounts.repository import AccountRepository, SessionRepository
from subgraphs.accounts.service import TokenPair
from subgraphs.accounts.states import AccountState

from .claims import person_claims
from .clients import IntegratorClient
from .unit import Unit, answer

CODE_LIFETIME = timedelta(seconds=60)


class CodeHandle:
    """An authorization code, as Authlib asks about it."""

    def __init__(self, row: AuthorizationCode) -> None:
        self.row = row
        self.code_challenge = row.code_challenge
        self.code_challenge_method = "S256"

    def get_redirect_uri(self) -> str:
        """Where the code was sent."""
        return self.row.redirect_uri

    def get_scope(self) -> str:
        """What it was granted for."""
        return self.row.scope


class RefreshHandle:
    """A refresh token that may be used, as Authlib asks about it."""

    def __init__(self, text: str, session: LoginSession) -> None:
        self.text = text
        self.session = session

    def check_client(self, client: Any) -> bool:
        """Whether the app's own session is refreshed."""
        return bool(self.session.client_id == client.client_id)

    def get_scope(self) -> str:
        """What the session was granted."""
        return self.session.scope


class InUnit:
    """Gives a grant the request's unit of work."""

    server: Any

    @property
    def unit(self) -> Unit:
        """The transaction and the services of this request."""
        unit: Unit = self.server.unit
        return unit


class AuthorizationCodeGrant(InUnit, grants.AuthorizationCodeGrant):
    """Spec: RFC 6749, section 4.1."""

    TOKEN_ENDPOINT_AUTH_METHODS: ClassVar = ["none"]

    def save_authorization_code(self, code: str, request: Any) -> None:
        """Keep the code's digest with all that it stands for."""
        unit, now = self.unit, self.unit.provider.clock.now()
        unit.session.add(
            AuthorizationCode(
                code_digest=digest(code),
                client_id=request.client.client_id,
                account_id=request.user.id,
                redirect_uri=request.payload.redirect_uri,
                scope=request.scope,
                nonce=request.payload.data.get("nonce"),
                code_challenge=request.payload.data["code_challenge"],
                signed_in_at=now,
                expires_at=now + CODE_LIFETIME,
            )
        )

    def generate_authorization_code(self) -> str:
        """Return a fresh code."""
        return new_token()

    def query_authorization_code(self, code: str, client: Any) -> CodeHandle | None:
        """Find a code that may be exchanged. A second exchange ends the first one's session: it was stolen."""
        unit = self.unit
        row = answer(SessionRepository(unit.session).lock_code(digest(code)))
        if row is None or row.client_id != client.client_id:
            return None
        if row.session_id is not None:
            answer(unit.sessions.revoke(row.session_id))
            return None
        return CodeHandle(row) if row.expires_at > unit.provider.clock.now() else None

    def authenticate_user(self, authorization_code: CodeHandle) -> Account | None:
        """Find who signed in for the code, if they still may."""
        account_id = authorization_code.row.account_id
        found = answer(AccountRepository(self.unit.session).find([account_id]))
        account = found.get(account_id)
        return account if account is not None and account.state is AccountState.ACTIVE else None

    def generate_token(self, **wanted: Any) -> dict[str, object]:
        """Open the session that the code stands for."""
        row: AuthorizationCode = self.request.authorization_code.row
        pair = answer(
            self.unit.sessions.open(
                wanted["user"], client_id=self.client.client_id, scope=row.scope
            )
        )
        row.session_id = pair.session_id
        return _pair_response(pair)

    def save_token(self, token: object) -> None:
        """The session has been stored when it was opened."""

    def delete_authorization_code(self, authorization_code: CodeHandle) -> None:
        """It is kept until it expires, to recognise a second use."""


class Pkce(CodeChallenge):
    """S256, always. Spec: RFC 7636; RFC 9700, section 2.1.1."""

    SUPPORTED_CODE_CHALLENGE_METHOD: ClassVar = ["S256"]

    def validate_code_challenge(self, grant: Any, redirect_uri: str) -> None:
        """Refuse a request without a challenge, or with a method other than S256 (none given means plain)."""
        given = grant.request.payload.data
        if not given.get("code_challenge") or given.get("code_challenge_method") != "S256":
            raise InvalidRequestError(
                "PKCE is needed: code_challenge with code_challenge_method=S256."
            )
        super().validate_code_challenge(grant, redirect_uri)


class IdToken(OpenIDCode):
    """Adds the ID token when ``openid`` was granted. Spec: OpenID Connect Core 1.0, section 3.1.3.3."""

    def exists_nonce(self, nonce: str, request: Any) -> bool:
        """A code is good for one exchange, so its nonce cannot come back with another."""
        return False

    def encode_id_token(self, token: dict[str, Any], request: Any) -> str:
        """Return the signed ID token."""
        code: AuthorizationCode = request.authorization_code.row
        unit: Unit = request.unit
        claims = person_claims(request.user, scope=code.scope)
        claims["auth_time"] = int(code.signed_in_at.timestamp())
        if code.nonce:
            claims["nonce"] = code.nonce
        return unit.provider.tokens.sign_id_token(
            claims, issuer=unit.issuer, client_id=code.client_id
        )


class RefreshTokenGrant(InUnit, grants.RefreshTokenGrant):
    """Spec: RFC 6749, section 6; rotation as in RFC 9700, section 4.14."""

    TOKEN_ENDPOINT_AUTH_METHODS: ClassVar = ["none"]
    INCLUDE_NEW_REFRESH_TOKEN = True

    def authenticate_refresh_token(self, refresh_token: str) -> RefreshHandle | None:
        """Find the session that the token carries on; one used before ends it."""
        session = answer(self.unit.sessions.find_refreshable(refresh_token))
        return None if session is None else RefreshHandle(refresh_token, session)

    def authenticate_user(self, refresh_token: RefreshHandle) -> Account:
        """Find the session's account, if it may still be signed in."""
        account = answer(self.unit.sessions.find_owner(refresh_token.session))
        if account is None:
            raise InvalidGrantError("The account may not sign in any more.")
        return account

    def issue_token(self, user: Account, refresh_token: RefreshHandle) -> dict[str, object]:
        """Use the token up and issue the next ones."""
        pair = answer(
            self.unit.sessions.carry_on(
                refresh_token.session,
                user,
                used=refresh_token.text,
                scope=self.request.payload.scope or None,
            )
        )
        return _pair_response(pair)

    def save_token(self, token: object) -> None:
        """The new refresh token has been stored when it was issued."""

    def revoke_old_credential(self, refresh_token: RefreshHandle) -> None:
        """The old one was used up when the new one was issued."""


class ClientCredentialsGrant(InUnit, grants.ClientCredentialsGrant):
    """For our own services and integrators' machines. Spec: RFC 6749, section 4.4."""

    TOKEN_ENDPOINT_AUTH_METHODS: ClassVar = ["client_secret_basic", "client_secret_post"]

    def generate_token(self, **wanted: Any) -> dict[str, object]:
        """Issue an access token for exactly the scopes that were asked for, or all that the client has."""
        client, scope = self.client, self.request.payload.scope
        granted: str = client.get_allowed_scope(scope)
        if scope and set(scope.split()) != set(granted.split()):
            raise InvalidScopeError
        tokens = self.unit.provider.tokens
        if isinstance(client, IntegratorClient):
            access = tokens.for_integrator(client.holder, client.key, scope=granted)
        else:
            access = tokens.for_service(client.client_id)
        return _access_response(access, granted)

    def save_token(self, token: object) -> None:
        """Nothing to keep: it runs out within minutes."""


def _pair_response(pair: TokenPair) -> dict[str, object]:
    return {**_access_response(pair.access, pair.scope), "refresh_token": pair.refresh_token}


def _access_response(access: SignedToken, scope: str) -> dict[str, object]:
    return {
        "token_type": "Bearer",
        "access_token": access.text,
        "expires_in": int(access.lifetime.total_seconds()),
        "scope": scope,
    }
