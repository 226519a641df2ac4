"""How the gateway reaches subgraphs: one protocol, over HTTP or inside the same process."""
