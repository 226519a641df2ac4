"""Where we mean to differ from Apollo's composition, and why. Explained at length in docs/conformance.md."""

from __future__ import annotations

import re

KNOWN = {
    "composition/errors/CACHE_TAG_APPLIED_TO_NON_ROOT_FIELD": "checked by their Rust composition only",
    "composition/errors/CACHE_TAG_ENTITY_NOT_RESOLVABLE": "checked by their Rust composition only",
    "composition/errors/CACHE_TAG_INVALID_FORMAT": "checked by their Rust composition only",
    "composition/errors/CACHE_TAG_INVALID_FORMAT_ARGUMENT_ON_ENTITY": "checked by their Rust composition only",
    "composition/errors/CACHE_TAG_INVALID_FORMAT_ARGUMENT_ON_ROOT_FIELD": "checked by their Rust composition only",
    "composition/errors/DISALLOWED_INACCESSIBLE": "graphql-js refuses to extend a built-in scalar at all",
    "composition/errors/EXTERNAL_ON_INTERFACE": "one fault, one code: what must not be external is not also unused",
    "composition/errors/INVALID_LINK_IDENTIFIER": "a link that cannot be read is refused instead of ignored",
    "composition/errors/INVALID_TAG_NAME": "checked by their Rust composition only",
    "composition/errors/REQUIRES_UNSUPPORTED_ON_INTERFACE": "one fault, one code: @requires there is not looked into",
    "composition/errors/UNKNOWN_LINK_VERSION": "named for what it is, a version of link that nobody knows",
    "composition/errors/UNSUPPORTED_FEATURE": "connectors: accepted there for a router that has them, refused here",
    "composition/errors/UNSUPPORTED_LINKED_FEATURE": "an unknown feature for SECURITY or EXECUTION is not ignored",
    "composition/hints/INCONSISTENT_TYPE_SYSTEM_DIRECTIVE_LOCATIONS": "said of composed directives, too",
    "composition/hints/INCONSISTENT_TYPE_SYSTEM_DIRECTIVE_REPEATABLE": "said of composed directives, too",
    "suites/requires_in_a_circle/of_nothing": "their composition runs out of stack on a circle of @requires",
    "supergraphs/standard_directives": "@oneOf: graphql-js 16 knows it only behind a switch",
}
"""By the name of a case."""

ACCEPTED_HERE = (
    # A value that is never null may fill an argument that must not be null.
    re.compile(r'the type of the selection "(?P<type>[^"]+)" does not match the expected type "(?P=type)!"'),
    # An interface object has the interface's fields, and they can be read like any other's.
    re.compile(r"One of the types in the selection is an interfaceObject"),
)  # fmt: skip
"""Faults in their eyes that are none in ours, by their message."""

REFUSED_HERE = (
    # Its own argument would have to be filled from a context before this one could be.
    re.compile(r"comes from a context itself"),
)
"""Faults in our eyes that are none in theirs, by our message."""
