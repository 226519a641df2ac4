"""Matching: finding a worker for an order. Nobody else keeps who is available.

Owns:      ``Search`` (id), the pool of workers with their booked slots and past results, the pipeline's versions.
Extends:   ``Order`` (id) with searches, ``Worker`` (id) with their place in the pool.
Tells:     matching.worker-found, matching.search.exhausted
Reads:     hiring.worker-hired, hiring.worker-dismissed, orders.service-type.changed, orders.order.cancelled,
           jobs.job.finished, quality.case.changed
Called by: orders ``startSearch``, synchronously; the answer says that the search is queued, the worker comes by event.
"""
