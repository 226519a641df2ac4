"""Subgraphs of a given size in all, as people write them: entities with keys, lists in pages, inputs, descriptions."""

from __future__ import annotations

from gateway.composition.compose import SubgraphSource

_BYTES_PER_ENTITY = 2470
"""What one entity comes to, with everything around it."""

_HEAD = '''extend schema
  @link(
    url: "https://specs.apollo.dev/federation/v2.7"
    import: ["@key", "@shareable", "@external", "@requires", "@provides", "@tag", "@inaccessible"]
  )

"""A moment, as RFC 3339 writes it."""
scalar DateTime

"""Where a page ends, and whether there are more."""
type PageInfo @shareable {
  hasNextPage: Boolean!
  hasPreviousPage: Boolean!
  startCursor: String
  endCursor: String
}

"""An amount in the smallest unit of its currency."""
type Money @shareable {
  amount: Int!
  currency: Currency!
}

enum Currency {
  EUR
  GBP
  USD
}

"""How lists are sorted."""
enum Direction {
  ASCENDING
  DESCENDING
}

"""Whatever has an id of its own."""
interface Node {
  id: ID!
}
'''

_ENTITY = '''
"""
A {own} of this system, as its owners see it.

It is made by people, and read by programs.
"""
type {own} implements Node @key(fields: "id") @key(fields: "code region {{ id }}") {{
  "What it is known by, everywhere."
  id: ID!
  code: String!
  region: {own}Region!
  "How it is called; translated, if there is a translation."
  name(locale: String = "en"): String!
  description(locale: String = "en", maxLength: Int = 500): String
  status: {own}Status!
  price: Money @shareable
  weight: Float
  quantity: Int!
  createdAt: DateTime!
  updatedAt: DateTime!
  "Who changed it, by login."
  updatedBy: String @tag(name: "internal")
  oldCode: String @deprecated(reason: "Ask for code.")
  checksum: String @inaccessible
  children(first: Int = 20, after: String, filter: {own}Filter): {own}Connection!
  next: {other}
}}

type {own}Region {{
  id: ID!
  name: String!
  country: String!
  isActive: Boolean!
}}

"""A page of the list."""
type {own}Connection {{
  edges: [{own}Edge!]!
  pageInfo: PageInfo!
  totalCount: Int!
}}

type {own}Edge {{
  cursor: String!
  node: {own}!
}}

"""In which state it is."""
enum {own}Status {{
  "Not yet seen by anybody else."
  DRAFT
  ACTIVE
  ARCHIVED
  DELETED @deprecated(reason: "It is archived instead.")
}}

"""What the list is narrowed to."""
input {own}Filter {{
  ids: [ID!]
  nameContains: String
  status: [{own}Status!] = [ACTIVE]
  createdAfter: DateTime
  createdBefore: DateTime
  direction: Direction = ASCENDING
  and: [{own}Filter!]
}}

input {own}Input {{
  "Has to be unique in its region."
  code: String!
  name: String!
  description: String
  status: {own}Status = DRAFT
  quantity: Int! = 0
}}

type {own}Payload {{
  result: {own}
  problems: [String!]!
}}

extend type Query {{
  "One of them, if it exists."
  find{own}(id: ID!): {own}
  list{own}(first: Int = 20, after: String, filter: {own}Filter, direction: Direction): {own}Connection!
}}

extend type Mutation {{
  create{own}(input: {own}Input!): {own}Payload!
  update{own}(id: ID!, input: {own}Input!): {own}Payload!
}}

"""Known elsewhere; here is what this system adds."""
type {other} @key(fields: "id") {{
  id: ID!
  weight: Float @external
  quantity: Int! @external
  price: Money @shareable
  "What it costs to send all of it."
  sendingCosts(express: Boolean = false): Money @requires(fields: "weight quantity")
  related{own}(first: Int = 10): [{own}!]!
}}
'''


def growing_subgraphs(kilobytes: int, count: int) -> list[SubgraphSource]:
    """Return ``count`` subgraphs of ``kilobytes`` in all, each of which adds to entities of the next one."""
    entities = max(count, round((kilobytes * 1000 - count * len(_HEAD)) / _BYTES_PER_ENTITY))
    owned = [range(number, entities, count) for number in range(count)]
    sources = []
    for number, own in enumerate(owned):
        name = f"system{number}"
        text = "\n".join(
            _ENTITY.format(own=f"Thing{entity}", other=f"Thing{(entity + 1) % entities}")
            for entity in own
        )
        sources.append(SubgraphSource(name, f"http://{name}.test/graphql", _HEAD + text))
    return sources
