"""Who asks: the identity of a token, what goes on to subgraphs, what may be shown, and with whom answers are shared."""

from __future__ import annotations

from collections.abc import Mapping

from gateway.config.settings import GatewayConfig
from gateway.execution.incremental_format import IncrementalFormat
from gateway.pipeline.request import Caller, SharingKey
from gateway.security.authentication import Authenticator
from gateway.security.identity import Identity
from gateway.security.plan_exposure import (
    EXPOSE_PLAN_HEADER,
    PlanExposure,
    decide_plan_exposure,
)

from .forwarded_headers import address_headers, select_headers, trail_headers
from .header_rules import Asked, HeaderRules, Pairs
from .http_request import HttpRequest

_NONE_OF_ITS_OWN: Mapping[str, tuple[tuple[str, str], ...]] = {}


class Callers:
    """Makes the ``Caller`` of each request.

    Args:
        config: what is forwarded, shown and shared.
        header_rules: which headers go to which subgraph; ``None`` when the list to forward is all there is.
        authenticator: verifies tokens; ``None`` leaves that to the subgraphs.
    """

    def __init__(
        self,
        config: GatewayConfig,
        header_rules: HeaderRules | None,
        authenticator: Authenticator | None,
    ) -> None:
        self._header_rules = header_rules
        self._authenticator = authenticator
        self._forwarded = config.headers.forward
        self._plan_exposure = config.plan_exposure
        self._exposes_plans = config.plan_exposure.anyone or bool(config.plan_exposure.roles)
        self._coalesces = config.traffic.coalesce_queries

    async def authenticate(self, request: HttpRequest) -> Identity | None:
        """Return who sends ``request``, and write it down.

        Raises:
            ClientError: the token is bad, or missing where one is needed.
        """
        if self._authenticator is None:
            return None
        identity = await self._authenticator.authenticate(request.headers.get("authorization"))
        if identity is not None:
            request.record.subject = identity.subject
            request.record.role = identity.role
        return identity

    def expose(self, request: HttpRequest, identity: Identity | None) -> PlanExposure:
        """Return what of plans is shown."""
        if not self._exposes_plans:
            return PlanExposure.NONE
        return decide_plan_exposure(
            request.headers.get(EXPOSE_PLAN_HEADER),
            () if identity is None else identity.roles,
            self._plan_exposure,
        )

    def forwarded(self, request: HttpRequest) -> Pairs:
        """Return what a request hands on to subgraphs by the list: the same for all that are equal."""
        allowed = select_headers(request.headers, self._forwarded)
        return allowed + address_headers(request.scope, allowed)

    def sharing_key(
        self, request: HttpRequest, source: bytes, exposure: PlanExposure, forwarded: Pairs
    ) -> SharingKey | None:
        """Return by what requests are told apart that get different answers to ``source``, body or query string."""
        if not self._coalesces or exposure is not PlanExposure.NONE:
            return None
        headers = forwarded
        if self._header_rules is not None:
            headers += self._header_rules.relevant(request.headers)
        own = (("authorization", request.headers.get("authorization", "")),)
        return request.scope["method"] == "GET", source, headers + own

    def describe(
        self,
        request: HttpRequest,
        identity: Identity | None,
        exposure: PlanExposure,
        forwarded: Pairs,
        *,
        sharing_key: SharingKey | None = None,
        incremental: IncrementalFormat | None = None,
    ) -> Caller:
        """Return all that the pipeline needs to know."""
        own: Mapping[str, tuple[tuple[str, str], ...]] = _NONE_OF_ITS_OWN
        if self._header_rules is None:
            headers = forwarded + trail_headers(request.headers, request.record)
        else:
            claims = {} if identity is None else identity.claims
            asked = Asked(request.scope, request.headers, request.record, claims)
            headers, own = self._header_rules.common(asked), self._header_rules.own(asked)
        return Caller(
            record=request.record,
            identity=identity,
            headers=headers,
            subgraph_headers=own,
            sharing_key=sharing_key,
            is_read_only=request.scope["method"] == "GET",
            presence=request.presence,
            plan_exposure=exposure,
            incremental=incremental,
        )
