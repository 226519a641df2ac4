"""Hiring: candidates, the pool of tests, grading, and the decision whether a candidate becomes a worker.

Owns:      ``Application`` (id), ``Test`` (id), ``Attempt`` (id), test sets, skill requirements.
Extends:   ``Worker`` (id) with profile, strengths, weaknesses, when they were hired, and on which application.
Tells:     hiring.application.changed, hiring.candidate-invited, hiring.worker-hired, hiring.worker-dismissed
Reads:     nothing
Calls:     nobody. Matching learns of new workers by event only: hiring must never add to its load.
"""
