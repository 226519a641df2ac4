"""The marketplace: one package per domain, each a subgraph with its own database."""
