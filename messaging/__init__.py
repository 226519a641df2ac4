"""Events between subgraphs over NATS JetStream: outbox, relay, inbox, consumers."""
