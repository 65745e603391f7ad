"""The quality gate: Great Expectations judges a batch before anything of it is sent."""

from aftercare.gate.bounds import Bounds
from aftercare.gate.make import make_gate

__all__ = ["Bounds", "make_gate"]
