"""Grows a plan: gives every demand to a subgraph, adding the frames that takes.

``growth`` meets the demands in their order (``urgency``), each where ``choices`` says by ``prices``. ``standing`` finds
or adds its frame, with ``calls`` and what they need: ``hidden_demands``, met by ``needs``, and ``known_types``.
``availability`` keeps the frames and what can be had with them.
"""

from .bans import Ban
from .given import NOTHING_GIVEN, Given, place_of
from .growth import Growth

__all__ = ["NOTHING_GIVEN", "Ban", "Given", "Growth", "place_of"]
