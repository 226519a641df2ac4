"""Jobs: the worker's side of an order, from being found to the confirmed report.

Owns:      ``Job`` (id, derived from the order's), its evidence and timeline.
Extends:   ``Order`` (id) with its job, ``Worker`` (id) with jobs and their count.
Tells:     jobs.job.created, jobs.job.started, jobs.job.missed, jobs.job.finished: each exactly once for a job that
           gets there
Reads:     matching.worker-found, orders.order.cancelled, orders.order.closed, consumables.request.changed
Calls:     consumables ``createSupplyRequest``, synchronously: the worker sees at once whether the request is made.
"""
