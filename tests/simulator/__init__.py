"""The four providers, pretending: real HTTP on this machine, in a thread of its own.

They store what they accept, so that what was made twice is seen twice, and fail on demand.
"""

from tests.simulator.server import Simulator

__all__ = ["Simulator"]
