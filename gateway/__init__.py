"""The federation gateway: composes subgraphs, plans and executes operations over them, serves one schema."""
