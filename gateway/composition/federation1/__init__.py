"""Federation 1: subgraphs without a link to the federation specification become what they would be in Federation 2.

One pass per concern; ``upgrade.py`` is the registry. Passes change the freshly loaded subgraphs in place, which nothing
else has seen yet.
"""
