"""What would have been sent: events through the very same folds and steps, without a send."""
