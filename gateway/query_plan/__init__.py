"""The query plan as data: all that planning and execution share."""
