"""Events between subgraphs over NATS JetStream: recorded with the change, delivered at least once, handled once.

A subgraph declares events (``events``), records them in its transaction (``outbox.record``), declares what it reads
(``consumer.Subscription``) and starts ``runtime.MessagingRuntime`` beside its HTTP server. The rest is machinery.
"""
