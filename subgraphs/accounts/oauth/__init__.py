"""The OpenID provider: Authlib keeps the protocols, accounts' services keep the state.

Authlib asks its questions synchronously. ``endpoints`` runs it in a greenlet, where ``server.answer`` may wait for our
asynchronous services: one request, one transaction, one implementation of every rule.
"""
