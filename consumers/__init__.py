"""Kafka → store: poll, decode, fold, match, one transaction with the offsets in it."""
