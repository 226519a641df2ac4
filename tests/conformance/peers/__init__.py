"""Comparison with other implementations, by ``make conformance``. Not part of the tests: it needs Node.js and npm."""
