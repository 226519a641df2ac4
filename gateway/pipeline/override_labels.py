"""Decides, request by request, which labels of progressive overrides are active.

Spec: Apollo Federation, ``@override(from:, label:)``: ``percent(N)`` is active for N percent of requests;
any other label is what the configuration says, else inactive.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from random import Random

_PERCENT = re.compile(r"percent\((\d{1,3}(?:\.\d{1,8})?)\)")


class OverrideLabels:
    """The labels of one supergraph and the share of requests for which each is active.

    Args:
        labels: all labels of the supergraph.
        configured: percentages by label, for those that are no ``percent(…)``.
        draw: a number from 0 (included) to 1 (not included) for each call.
    """

    def __init__(
        self,
        labels: Iterable[str],
        configured: Mapping[str, float],
        *,
        draw: Callable[[], float] | None = None,
    ) -> None:
        self._draw = draw or Random().random  # noqa: S311 – nothing is kept secret by it
        self._percentages = {label: _percentage(label, configured) for label in labels}

    def choose(self, labels: frozenset[str]) -> frozenset[str]:
        """Return those of ``labels`` that are active for one request.

        One number is drawn for all of them: what is active at 10 percent is active wherever something is at
        20, so that n labels make for n + 1 plans of an operation, and not for 2ⁿ.
        """
        drawn = self._draw() * 100
        return frozenset(label for label in labels if drawn < self._percentages[label])


def _percentage(label: str, configured: Mapping[str, float]) -> float:
    percent = _PERCENT.fullmatch(label)
    return float(percent[1]) if percent is not None else configured.get(label, 0)
