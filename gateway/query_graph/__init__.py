"""How a field can be reached from where one stands: what planning and satisfiability both ask."""
