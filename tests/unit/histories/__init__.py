"""Whole histories: what may happen to customers, a house that lives through it, and the laws."""
