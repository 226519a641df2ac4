"""The steps, one a file. A step is a frozen dataclass of its configuration that maps candidates to candidates."""
