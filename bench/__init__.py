"""Measurements that the README quotes, runnable."""
