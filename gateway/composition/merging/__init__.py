"""Merging: one file per kind of element, each turning the subgraphs' versions of it into the supergraph's one."""
