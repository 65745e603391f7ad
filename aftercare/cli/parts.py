"""What most commands need: settings, and the parts over a store whose schema fits."""

from aftercare import settings
from aftercare.steps.parts import Parts, build
from aftercare.store.upgrade import check_schema


def parts() -> Parts:
    """Parts from the environment. Raises SchemaError when the store does not fit the code."""
    built = build(settings.load())
    check_schema(built.engine)
    return built
