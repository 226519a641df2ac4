"""Who of the strangers at ``apply`` is let in: buckets per address and for all, then a short queue.

The order matters. An address that asks too often is turned away before anything is computed; only those who have done
their work (see ``proofs``) draw on what all share, so a flood of idlers cannot crowd out an honest applicant. Replicas
count for themselves: the limits protect a process and its database, they are no quota.
"""

from __future__ import annotations

import asyncio
import ipaddress
import math
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from prometheus_client import Counter

from shared.clock import Clock
from shared.errors import RateLimited

from .proofs import check_proof
from .settings import ApplySettings

MAX_ADDRESSES = 20_000
QUEUE_RETRY = timedelta(seconds=2)
_refused = Counter("cattery_hiring_apply_refused_total", "Applications not let in", ["by"])


@dataclass(slots=True)
class TokenBucket:
    """Lets ``capacity`` through at once, and one more every ``refill`` after that.

    Kept as the one instant at which the bucket is full again, so there is no fraction of a token to round.
    """

    capacity: int
    refill: timedelta
    full_at: datetime

    def take(self, now: datetime) -> timedelta | None:
        """Take a token, or return how long it takes until there is one."""
        # Never emptier than empty: a clock that was set back must not lock anybody out for the difference.
        full_at = min(max(self.full_at, now), now + self.capacity * self.refill)
        next_at = full_at - (self.capacity - 1) * self.refill
        if now < next_at:
            return next_at - now
        self.full_at = full_at + self.refill
        return None


@dataclass(slots=True)
class Admission:
    """The gate before ``apply``."""

    settings: ApplySettings
    clock: Clock
    _everybody: TokenBucket = field(init=False)
    _by_address: OrderedDict[str, TokenBucket] = field(default_factory=OrderedDict, init=False)
    _turns: asyncio.Semaphore = field(init=False)
    _inside: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        self._everybody = TokenBucket(
            self.settings.total_burst,
            timedelta(seconds=1) / self.settings.total_per_second,
            full_at=self.clock.now(),
        )
        self._turns = asyncio.Semaphore(self.settings.at_once)

    @asynccontextmanager
    async def admit(
        self, *, address: str, contact: str, key: str, proof: str
    ) -> AsyncIterator[None]:
        """Let an applicant in for as long as the block runs, when it is their turn.

        Raises:
            RateLimited: too many from this address or from everybody, or too many are waiting already.
            ProofInvalid: the proof of work does not hold.
        """
        now = self.clock.now()
        self._take(self._bucket(address, now), now, by="address")
        check_proof(
            proof,
            contact=contact,
            key=key,
            bits=self.settings.proof_bits,
            lifetime=self.settings.proof_lifetime,
            now=now,
        )
        self._take(self._everybody, now, by="everybody")
        if self._inside >= self.settings.at_once + self.settings.waiting:
            _refused.labels("queue").inc()
            raise RateLimited("Too many are applying just now.", retry_after=QUEUE_RETRY)
        self._inside += 1
        try:
            async with self._turns:
                yield
        finally:
            self._inside -= 1

    def _take(self, bucket: TokenBucket, now: datetime, *, by: str) -> None:
        wait = bucket.take(now)
        if wait is not None:
            _refused.labels(by).inc()
            # Whole seconds, rounded up: that is what an HTTP Retry-After can say.
            after = timedelta(seconds=math.ceil(wait.total_seconds()))
            raise RateLimited("Too many applications. Try again later.", retry_after=after)

    def _bucket(self, address: str, now: datetime) -> TokenBucket:
        name = network_of(address)
        bucket = self._by_address.get(name)
        if bucket is None:
            refill = timedelta(minutes=1) / self.settings.per_minute
            bucket = TokenBucket(self.settings.burst, refill, full_at=now)
            self._by_address[name] = bucket
            if len(self._by_address) > MAX_ADDRESSES:
                # Whoever was quiet longest has the fullest bucket: forgetting it gives the least away.
                self._by_address.popitem(last=False)
        self._by_address.move_to_end(name)
        return bucket


def network_of(address: str) -> str:
    """Return what counts as one applicant: an IPv4 address, or the /64 that an IPv6 customer owns."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address[:64]
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)
