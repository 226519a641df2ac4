"""From a normalised operation to a query plan: scopes, growth, fetch graph, passes, text, projection."""
