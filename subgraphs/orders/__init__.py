"""Orders: the service types that managers offer, and the requests that clients make of them.

Owns:      ``ServiceType`` (id), ``Order`` (id), the client's profile.
Extends:   ``Client`` (id) with profile, orders and totals.
Tells:     orders.service-type.changed, orders.order.submitted, orders.order.cancelled, orders.order.closed
Reads:     imports.client.upserted, imports.client.withdrawn, matching.search.exhausted,
           jobs.job.created, jobs.job.started, jobs.job.missed, jobs.job.finished
Calls:     matching ``startSearch``, synchronously: the call is the trigger of the search;
           ``cancelSearch``, when the time of an order has come that nobody is known to have.
"""
