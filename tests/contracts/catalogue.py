"""Who reads what: the event catalogue, domains that do not exist yet included.

The order of the readers means nothing. A subject that is not here may not be published.
"""

from __future__ import annotations

READERS: dict[str, frozenset[str]] = {
    subject: frozenset(readers.split())
    for subject, readers in {
        "imports.client.upserted.v1": "accounts orders",
        "imports.client.withdrawn.v1": "accounts orders",
        "imports.run.finished.v1": "",
        "accounts.account.created.v1": "notifications",
        "accounts.account.changed.v1": "notifications",
        "orders.service-type.changed.v1": "matching consumables",
        "orders.order.submitted.v1": "",
        "orders.order.cancelled.v1": "matching jobs",
        "orders.order.closed.v1": "billing quality jobs",
        "matching.worker-found.v1": "jobs bets",
        "matching.search.exhausted.v1": "orders",
        "hiring.worker-hired.v1": "matching accounts",
        "hiring.worker-dismissed.v1": "matching accounts",
        "hiring.candidate-invited.v1": "accounts",
        "hiring.application.changed.v1": "",
        "jobs.job.created.v1": "orders",
        "jobs.job.started.v1": "orders bets",
        "jobs.job.missed.v1": "orders",
        "jobs.job.finished.v1": "orders billing matching quality consumables bets",
        "consumables.request.changed.v1": "jobs",
        "quality.case.changed.v1": "matching",
    }.items()
}
