"""What only hiring is configured by, on top of ``shared.settings``. Every variable begins with ``CATTERY_HIRING_``.

| variable | meaning | default |
|---|---|---|
| ``DEMO`` | seed tests, a set for cleaners and one hired worker | ``false`` |
| ``PROOF_BITS`` | zero bits that the proof of work of ``apply`` must begin with; 0 asks for none | 20 |
| ``PROOF_MINUTES`` | how long a proof may be used after its stamp | 60 |
| ``APPLY_BURST``, ``APPLY_PER_MINUTE`` | applications from one address: at once, and over time | 5, 6 |
| ``APPLY_TOTAL_BURST``, ``APPLY_TOTAL_PER_SECOND`` | applications from everybody | 100, 50 |
| ``APPLY_AT_ONCE``, ``APPLY_WAITING`` | applications being written at one time, and waiting for their turn | 4, 64 |
| ``RULE_VERSION`` | the decision rule in force | the newest |
| ``TOP_BPS`` | hire automatically only the best: 300 is the top 3 % | none: no such gate |
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from shared.settings import ServiceSettings, SettingsInvalid

from .decision_rules import NEWEST, RULES

MAX_PROOF_BITS = 64
BPS = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplySettings:
    """How ``apply``, the one thing that strangers may do, is kept from being a burden."""

    proof_bits: int = 20
    proof_lifetime: timedelta = timedelta(minutes=60)
    burst: int = 5
    per_minute: int = 6
    total_burst: int = 100
    total_per_second: int = 50
    at_once: int = 4
    waiting: int = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionSettings:
    """By what applications are decided."""

    rule_version: int = NEWEST
    top_bps: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HiringSettings:
    """Hiring's own settings."""

    demo: bool = False
    apply: ApplySettings = ApplySettings()
    decision: DecisionSettings = DecisionSettings()


def read_hiring_settings(settings: ServiceSettings) -> HiringSettings:
    """Read hiring's own variables.

    Raises:
        SettingsInvalid: one of them holds something it cannot mean.
    """
    apply, decision = ApplySettings(), DecisionSettings()
    rule_version = _number(settings, "RULE_VERSION", decision.rule_version)
    if rule_version not in RULES:
        raise SettingsInvalid(f"CATTERY_HIRING_RULE_VERSION must be one of {sorted(RULES)}")
    minutes = _number(settings, "PROOF_MINUTES", 60)
    return HiringSettings(
        demo=settings.read_flag("DEMO", default=False),
        apply=ApplySettings(
            proof_bits=_number(settings, "PROOF_BITS", apply.proof_bits, 0, MAX_PROOF_BITS),
            proof_lifetime=timedelta(minutes=minutes),
            burst=_number(settings, "APPLY_BURST", apply.burst),
            per_minute=_number(settings, "APPLY_PER_MINUTE", apply.per_minute),
            total_burst=_number(settings, "APPLY_TOTAL_BURST", apply.total_burst),
            total_per_second=_number(settings, "APPLY_TOTAL_PER_SECOND", apply.total_per_second),
            at_once=_number(settings, "APPLY_AT_ONCE", apply.at_once),
            waiting=_number(settings, "APPLY_WAITING", apply.waiting, 0),
        ),
        decision=DecisionSettings(
            rule_version=rule_version,
            top_bps=None
            if settings.read("TOP_BPS") is None
            else _number(settings, "TOP_BPS", BPS, 1, BPS),
        ),
    )


def _number(
    settings: ServiceSettings, name: str, default: int, least: int = 1, most: int = 1_000_000
) -> int:
    text = settings.read(name)
    if text is None:
        return default
    if not text.isdecimal() or not least <= int(text) <= most:
        raise SettingsInvalid(
            f"CATTERY_HIRING_{name} must be a number from {least} to {most}, not {text!r}"
        )
    return int(text)
