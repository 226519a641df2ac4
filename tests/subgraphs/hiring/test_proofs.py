from __future__ import annotations

import hashlib
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest

from subgraphs.hiring import proofs
from subgraphs.hiring.errors import ProofInvalid
from subgraphs.hiring.proofs import check_proof, is_strong, make_proof, stamp
from tests.support.waiting import DEADLINE_SECONDS

NOW = datetime(2030, 1, 7, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
CONTACT, KEY = "tom@cats.test", "key-1"


def check(
    proof: str,
    *,
    contact: str = CONTACT,
    key: str = KEY,
    bits: int = 8,
    now: datetime = NOW,
) -> None:
    check_proof(proof, contact=contact, key=key, bits=bits, lifetime=HOUR, now=now)


def a_proof(bits: int = 8) -> str:
    return make_proof(contact=CONTACT, key=KEY, bits=bits, now=NOW)


def test_strength_is_the_number_of_leading_zero_bits() -> None:
    proof = a_proof(12)
    digest = hashlib.sha256(f"{proof}:{CONTACT}:{KEY}".encode()).hexdigest()

    assert digest.startswith("000")
    assert is_strong(proof, contact=CONTACT, key=KEY, bits=12)


def test_a_proof_holds_for_an_hour() -> None:
    proof = a_proof()

    check(proof)
    check(proof, now=NOW + HOUR)
    with pytest.raises(ProofInvalid, match="too old"):
        check(proof, now=NOW + HOUR + timedelta(seconds=1))


def test_a_proof_from_the_future_is_refused_beyond_what_clocks_differ_by() -> None:
    proof = a_proof()

    check(proof, now=NOW - timedelta(seconds=60))
    with pytest.raises(ProofInvalid, match="future"):
        check(proof, now=NOW - timedelta(seconds=61))


def test_a_proof_cannot_be_replayed_for_another_application() -> None:
    # With 16 bits the odds that it holds by chance are one in 65 536; fixed inputs make it never.
    proof = a_proof(16)

    for other in ({"contact": "tim@cats.test"}, {"key": "key-2"}):
        with pytest.raises(ProofInvalid, match="16 zero bits"):
            check(proof, bits=16, **other)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "proof",
    [
        "",
        "x",
        "1893402000",
        "1893402000:",
        ":1",
        "soon:1",
        "-5:1",
        "²:1",
        "9" * 13 + ":1",
        "1893402000:" + "1" * 200,
    ],
)
def test_a_malformed_proof_is_refused(proof: str) -> None:
    with pytest.raises(ProofInvalid, match="stamp"):
        check(proof)


def test_no_bits_ask_for_no_proof() -> None:
    check("", bits=0)


def test_the_documented_one_liner_computes_a_proof() -> None:
    documented = str(proofs.__doc__)
    code = documented[documented.index("'") + 1 : documented.rindex("'")]

    done = subprocess.run(  # noqa: S603  what our own documentation tells people to run
        [sys.executable, "-c", code, stamp(NOW), CONTACT, KEY, "8"],
        capture_output=True,
        text=True,
        check=True,
        timeout=DEADLINE_SECONDS,
    )

    check(done.stdout.strip())
