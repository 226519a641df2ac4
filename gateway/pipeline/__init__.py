"""One GraphQL request, stage after stage, from its text to the bytes of its answer."""
