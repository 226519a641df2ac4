"""Composition: subgraph SDLs in, one supergraph SDL out, or every reason why not.

``compose.py`` runs the phases; each works on the immutable result of the one before and reports into one ``Report``.
"""
