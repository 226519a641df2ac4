"""What a supergraph says: its join directives as a model, and the API schema that clients see."""
