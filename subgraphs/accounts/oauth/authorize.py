"""The authorization endpoint: an app sends its user here, the user signs in, the app gets a code.

The app's request stays in the query, the user's answer is the form. Until client and redirect URI are known,
nothing is sent to the app: its user sees an error page instead. Spec: RFC 6749, section 3.1; RFC 9700, section 4.11.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass

from authlib.oauth2 import OAuth2Error
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from shared.errors import DomainError, RateLimited
from subgraphs.accounts.flows import SignInFlow
from subgraphs.accounts.models import Account
from subgraphs.accounts.opaque_tokens import new_token

from .pages import render_error, render_login
from .provider import Provider, describe
from .request import FormInvalid, ProviderRequest, read_form

CSRF_COOKIE = "cattery_login"


@dataclass(frozen=True, slots=True)
class Authorize:
    """Shows the login page and takes its form."""

    provider: Provider
    sign_in: SignInFlow

    async def show(self, request: Request) -> Response:
        """Show the login page for an app's request that is in order."""
        refusal = await self._validate(request)
        return refusal or self._login_page(request)

    async def submit(self, request: Request) -> Response:
        """Take what the user typed; send the app a code when it is right."""
        refusal = await self._validate(request)
        if refusal is not None:
            return refusal
        try:
            form = dict(await read_form(request))
        except FormInvalid as error:
            return render_error(str(error))
        if not _is_own_form(request, form):
            return self._login_page(
                request, problem="The page was open for too long. Please try again.", status=403
            )
        if form.get("action") == "cancel":
            return await self._grant(request, None)
        return await self._check_password(request, form)

    async def _check_password(self, request: Request, form: dict[str, str]) -> Response:
        email = form.get("email", "")

        async def admitted(session: AsyncSession, account: Account) -> Response:
            return await self._grant_in(session, request, account)

        try:
            return await self.sign_in.authenticate(email, form.get("password", ""), admitted)
        except RateLimited as error:
            page = self._login_page(request, email=email, problem=str(error), status=429)
            page.headers["Retry-After"] = str(int(error.retry_after.total_seconds()) + 1)
            return page
        except DomainError as error:
            return self._login_page(request, email=email, problem=str(error), status=401)

    async def _validate(self, request: Request) -> Response | None:
        """Return an answer to a request that is not in order, ``None`` for one that is."""
        async with self.provider.database.reading() as session:
            server = self.provider.server(request, session)
            try:
                await session.run_sync(lambda _: server.get_consent_grant(_asked(request)))
            except OAuth2Error as error:
                if error.redirect_uri:
                    response: Response = server.handle_error_response(None, error)
                    return response
                return render_error(describe(error))
        return None

    async def _grant(self, request: Request, account: Account | None) -> Response:
        async with self.provider.database.transaction() as session:
            return await self._grant_in(session, request, account)

    async def _grant_in(
        self, session: AsyncSession, request: Request, account: Account | None
    ) -> Response:
        """Answer the app: with a code, or that its user does not want to."""
        server, asked = self.provider.server(request, session), _asked(request)

        def respond(_: object) -> Response:
            grant = server.get_consent_grant(asked, end_user=account)
            response: Response = server.create_authorization_response(
                asked, grant_user=account, grant=grant
            )
            return response

        response = await session.run_sync(respond)
        # The next login starts with a new token.
        response.delete_cookie(CSRF_COOKIE, path=request.url.path)
        return response

    def _login_page(
        self, request: Request, *, email: str = "", problem: str | None = None, status: int = 200
    ) -> Response:
        csrf = request.cookies.get(CSRF_COOKIE) or new_token()
        page = render_login(
            app=request.query_params["client_id"],
            action=f"{request.url.path}?{request.url.query}",
            csrf=csrf,
            redirect_uri=request.query_params["redirect_uri"],
            email=email,
            problem=problem,
            status=status,
        )
        page.set_cookie(
            CSRF_COOKIE,
            csrf,
            path=request.url.path,
            httponly=True,
            samesite="strict",
            secure=self.provider.issuer_of(request).startswith("https:"),
        )
        return page


def _asked(request: Request) -> ProviderRequest:
    """The app's request is the query alone; what the form says cannot change it."""
    return ProviderRequest(request, request.query_params.multi_items())


def _is_own_form(request: Request, form: dict[str, str]) -> bool:
    """Whether the form is from a page that we gave this very browser."""
    cookie = request.cookies.get(CSRF_COOKIE, "")
    return bool(cookie) and hmac.compare_digest(cookie.encode(), form.get("csrf", "").encode())
