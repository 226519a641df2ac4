"""Composition root of accounts: settings in, app out. Nothing else wires its parts together."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from starlette.applications import Starlette
from strawberry.dataloader import DataLoader

from messaging.runtime import MessagingRuntime
from messaging.settings import read_settings
from shared.database import open_database
from shared.identity import Principal, TokenVerifier
from shared.service_app import Service, build_service_app
from shared.settings import ServiceSettings, load_settings
from shared.timers import running_timers

from .access_tokens import AccessTokens
from .bootstrap import ensure_admin
from .consumers import AccountConsumers
from .demo import seed_demo_accounts
from .flows import SignInFlow
from .loaders import AccountsContext, Batches
from .oauth.provider import Provider
from .oauth.unit import ProviderSettings
from .passwords import Passwords
from .routes import make_routes
from .schema import make_schema
from .settings import read_accounts_settings
from .signing_keys import KeyRing
from .timers import Housekeeping

NAME = "accounts"


def create_app(settings: ServiceSettings | None = None) -> Starlette:
    """Return the app, configured by the environment unless ``settings`` are given."""
    settings = settings or load_settings(NAME)
    own = read_accounts_settings(settings)
    clock = settings.make_clock()
    database = open_database(settings.database_url)
    ring = KeyRing(database, clock, own.key_rotation, own.key_secret)
    tokens = AccessTokens(ring, clock)
    verifier = TokenVerifier(ring, clock)
    passwords = Passwords(own.password_cost)
    sign_in = SignInFlow(database, clock, passwords, tokens, own.session_lifetime)
    provider = Provider(
        database,
        ProviderSettings(
            clock=clock,
            tokens=tokens,
            verifier=verifier,
            apps=own.apps,
            service_secret=settings.service_secret,
            session_lifetime=own.session_lifetime,
        ),
        own.public_url,
    )

    def make_context(principal: Principal, request_id: str) -> AccountsContext:
        batches = Batches(database)
        return AccountsContext(
            principal=principal,
            database=database,
            clock=clock,
            request_id=request_id,
            account=DataLoader(batches.accounts),
            sessions=DataLoader(batches.sessions),
            sign_in=sign_in,
            settings=own,
        )

    @asynccontextmanager
    async def seeded() -> AsyncIterator[None]:
        await ring.rotate()
        if own.admin_email is not None and own.admin_password is not None:
            await ensure_admin(
                database, clock, passwords, email=own.admin_email, password=own.admin_password
            )
        if own.demo:
            await seed_demo_accounts(database, clock, passwords)
        yield

    return build_service_app(
        Service(
            name=NAME,
            schema=make_schema(),
            database=database,
            revisions=Path(__file__).parent / "migrations",
            verifier=verifier,
            make_context=make_context,
            components=(
                seeded,
                lambda: MessagingRuntime(
                    domain=NAME,
                    database=database,
                    settings=read_settings(settings.environment),
                    subscriptions=AccountConsumers(clock).subscriptions(),
                ),
                lambda: running_timers(Housekeeping(database, clock, ring).timers()),
            ),
            routes=make_routes(provider, sign_in, own.apps),
        )
    )
