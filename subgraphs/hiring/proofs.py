"""Proof of work for ``apply``: stateless, bound to one application, and computed by anybody in one line. Pure.

A proof is ``<stamp>:<nonce>``: the time in seconds since 1970, and any text that makes the SHA-256 of
``<proof>:<contact>:<key>`` (UTF-8) begin with enough zero bits. The stamp keeps proofs from being saved up; contact and
key keep one from being used twice: with another key or contact it proves nothing, and the same key gives the same
application.

python3 -c 'import hashlib, itertools, sys
stamp, contact, key, bits = sys.argv[1:]
for n in itertools.count():
    proof = stamp + ":" + str(n)
    digest = hashlib.sha256(":".join((proof, contact, key)).encode()).digest()
    if int.from_bytes(digest, "big") >> 256 - int(bits) == 0: print(proof); break' STAMP CONTACT KEY BITS
"""

from __future__ import annotations

import hashlib
import itertools
from datetime import UTC, datetime, timedelta

from .errors import ProofInvalid

CLOCK_SKEW = timedelta(seconds=60)
MAX_PROOF = 200
_DIGEST_BITS = 256


def stamp(now: datetime) -> str:
    """Return the stamp of a proof that is begun now."""
    return str(int(now.timestamp()))


def is_strong(proof: str, *, contact: str, key: str, bits: int) -> bool:
    """Whether the digest begins with ``bits`` zero bits."""
    digest = hashlib.sha256(f"{proof}:{contact}:{key}".encode()).digest()
    return int.from_bytes(digest, "big") >> (_DIGEST_BITS - bits) == 0


def check_proof(
    proof: str, *, contact: str, key: str, bits: int, lifetime: timedelta, now: datetime
) -> None:
    """Do nothing when the proof is fresh and strong enough. ``bits`` of 0 takes anything.

    Raises:
        ProofInvalid: it is malformed, stale, from the future, or too weak.
    """
    if bits == 0:
        return
    written, _, nonce = proof.partition(":")
    # Twelve digits reach far beyond any year there will be; more could not be made a time of.
    if not nonce or len(proof) > MAX_PROOF or len(written) > 12 or not _is_number(written):
        raise ProofInvalid("A proof is <stamp>:<nonce>; see applicationChallenge.")
    made_at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=int(written))
    if not now - lifetime <= made_at <= now + CLOCK_SKEW:
        raise ProofInvalid("The proof's stamp is too old or in the future.")
    if not is_strong(proof, contact=contact, key=key, bits=bits):
        raise ProofInvalid(
            f"The SHA-256 of <proof>:<contact>:<key> does not begin with {bits} zero bits."
        )


def make_proof(*, contact: str, key: str, bits: int, now: datetime) -> str:
    """Return a proof: 2^bits hashes of work on average."""
    begun = stamp(now)
    for nonce in itertools.count():
        proof = f"{begun}:{nonce}"
        if is_strong(proof, contact=contact, key=key, bits=bits):
            return proof
    raise AssertionError("counting has no end")


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal()
