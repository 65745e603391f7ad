"""What can go wrong while starting processes."""

from aftercare.errors import AftercareError


class StackError(AftercareError):
    """A process could not be started or did not get ready; the message ends with its last words."""
