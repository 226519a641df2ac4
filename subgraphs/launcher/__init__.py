"""``cattery up``: which processes make the platform, and keeping them running."""
