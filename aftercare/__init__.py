"""Aftercare: events become care that reaches a customer once, in time, with the facts right."""

__version__ = "0.1.0"
