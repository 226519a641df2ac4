"""What the gateway refuses, and what it keeps to itself: tokens, limits, CORS, CSRF, masking."""
