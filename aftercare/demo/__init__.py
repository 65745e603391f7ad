"""A small shop that never was, and the eventful week it had."""
