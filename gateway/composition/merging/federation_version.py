"""The federation version of the whole: the newest that any subgraph links, or that a feature it links calls for."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.composition.codes import HintCode
from gateway.composition.federation_spec import OLDEST, Version, find_feature
from gateway.composition.report import Report
from gateway.composition.subgraph_schema import SubgraphSchema


def federation_version(subgraphs: Sequence[SubgraphSchema], report: Report) -> Version:
    """Return the version, with a hint where a feature raises it."""
    linked = max((s.federation_version or OLDEST for s in subgraphs), default=OLDEST)
    newest = linked
    for subgraph in subgraphs:
        for link in subgraph.links:
            feature = find_feature(link.spec.identity)
            if feature is None or feature.since <= linked:
                continue
            newest = max(newest, feature.since)
            report.hint(
                HintCode.IMPLICITLY_UPGRADED_FEDERATION_VERSION,
                f'Subgraph "{subgraph.name}" links {link.spec}, which needs federation'
                f" {feature.since}: the whole is composed as that.",
                at=[link.location],
            )
    return newest
