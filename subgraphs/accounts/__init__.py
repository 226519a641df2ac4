"""Accounts: who everybody is, how they prove it, and the OpenID provider that the other services trust.

Owns:      ``Account`` (id), ``Session``; passwords, invites, signing keys, integrators' keys.
Extends:   ``Client`` (id) and ``Worker`` (id) with ``account``: a person's account has the id of the client or worker.
Tells:     accounts.account.created, accounts.account.changed
Reads:     imports.client.upserted, imports.client.withdrawn, hiring.candidate-invited, hiring.worker-hired,
           hiring.worker-dismissed
"""
