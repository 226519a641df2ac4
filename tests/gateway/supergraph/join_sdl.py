"""Supergraph SDL, written by hand, for what a composer of ours would not write."""


def supergraph_sdl(body: str, *, minor: int = 3, links: str = "") -> str:
    """A supergraph of the graphs A and B; ``body`` holds its types, ``links`` further features."""
    return f"""
      schema
        @link(url: "https://specs.apollo.dev/link/v1.0")
        @link(url: "https://specs.apollo.dev/join/v0.{minor}", for: EXECUTION)
        {links}
      {{ query: Query }}
      directive @join__field(graph: join__Graph) repeatable on FIELD_DEFINITION
      scalar join__FieldSet
      enum join__Graph {{
        A @join__graph(name: "a", url: "http://a")
        B @join__graph(name: "b", url: "http://b")
      }}
      {body}
    """
