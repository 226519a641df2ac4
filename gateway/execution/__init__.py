"""Carrying out query plans: fetches, the response tree, and its projection into the client's answer."""
