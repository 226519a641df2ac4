"""Where we mean to differ from Apollo's composition, and why. Explained at length in docs/conformance.md."""

from __future__ import annotations

KNOWN = {
    "composition/errors/EXTERNAL_ON_INTERFACE": "one fault, one code: what must not be external is not also unused",
    "composition/errors/INVALID_LINK_IDENTIFIER": "a link that cannot be read is refused instead of ignored",
    "composition/errors/REQUIRES_UNSUPPORTED_ON_INTERFACE": "one fault, one code: @requires there is not looked into",
    "composition/errors/UNKNOWN_LINK_VERSION": "named for what it is, a version of link that nobody knows",
    "composition/errors/UNSUPPORTED_FEATURE": "connectors: accepted there for a router that has them, refused here",
    "composition/errors/UNSUPPORTED_LINKED_FEATURE": "an unknown feature for SECURITY or EXECUTION is not ignored",
    "supergraphs/standard_directives": "@oneOf: graphql-js 16 knows it only behind a switch",
}
