"""What keeps the house in order: promises judged, leases and unknown sends settled, sums checked."""
