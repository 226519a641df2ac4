"""HTTP between clients and the pipeline: media types, bodies, statuses, health, the explorer page."""
