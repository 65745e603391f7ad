"""A rule in words, for whoever reads the list."""

from aftercare.rules.durations import in_words
from aftercare.rules.model import Extra, Rule


def fires(rule: Rule) -> str:
    """When it fires: `order.delivered when order.days_late >= 1`."""
    if rule.after and rule.by:
        words = f"no {rule.expect} by {rule.by.source}, after {rule.after}"
    else:
        words = rule.event
    if rule.when:
        words += f"\nwhen {rule.when.source}"
    return words + (f"\nstill {rule.still.source}" if rule.still else "")


def does(rule: Rule) -> str:
    """What it does: the template, the extra with it, or the team."""
    if rule.escalate:
        return f"a person: {rule.escalate}"
    given = f"\nwith {gives(rule.extra)}" if rule.extra else ""
    return f"{rule.send}{given}"


def gives(extra: Extra) -> str:
    """`voucher: 10 % of order.total, 5 to 25 (late-delivery)`."""
    size = str(extra.fixed)
    if extra.percent_of is not None:
        size = f"{extra.percent} % of {extra.percent_of.source}"
    bounds = [f"from {extra.min}"] if extra.min else []
    bounds += [f"to {extra.max}"] if extra.max else []
    return f"{extra.kind}: {size}{', ' + ' '.join(bounds) if bounds else ''} ({extra.budget})"


def times(rule: Rule) -> tuple[str, str]:
    """How long it waits and how long it stays worth sending."""
    return in_words(rule.wait), in_words(rule.expires)
