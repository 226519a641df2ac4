"""Satisfiability: whether every query that the API schema allows can be answered by the subgraphs together."""
