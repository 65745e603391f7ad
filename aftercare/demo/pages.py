"""The pages of the script: events with the moment they are heard."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("America/Sao_Paulo")
SOURCE = "/demo/lumeeira"

Line = dict[str, Any]


@dataclass
class Week:
    """The calendar of the story: day 0 is the first of the week, negative days are history."""

    start: datetime
    random: Random

    def day(self, offset: int) -> date:
        """A calendar day in the shop's zone."""
        return self.start.astimezone(ZONE).date() + timedelta(days=offset)

    def at(self, offset: int, hour: float | None = None) -> datetime:
        """A moment on that day; without an hour, one when the shop and its carriers are about."""
        hour = self.random.uniform(8.5, 18.5) if hour is None else hour
        day = self.day(offset)
        midnight = datetime(day.year, day.month, day.day, tzinfo=ZONE)
        return midnight + timedelta(seconds=round(hour * 3600))


@dataclass
class Script:
    """Collects lines in any order and reads them out in order of time."""

    _pages: list[tuple[datetime, int, Line]] = field(default_factory=list)

    def say(self, what: str, time: datetime, subject: str, data: Line) -> None:
        """Something happens at `time` and is heard at once."""
        event = {
            "specversion": "1.0",
            "id": f"{subject}:{what}:{time:%d%H%M%S}",
            "source": SOURCE,
            "type": what,
            "time": time.isoformat(timespec="seconds"),
            "subject": subject,
            "data": {name: value for name, value in data.items() if value is not None},
        }
        self.hear(time, event)

    def hear(self, time: datetime, line: Line) -> None:
        """Any line, heard at `time` whatever it says of its own."""
        self._pages.append((time, len(self._pages), line))

    def heard(self) -> list[tuple[datetime, Line]]:
        """Everything so far, earliest first."""
        return [(time, line) for time, _, line in sorted(self._pages, key=lambda p: p[:2])]

    def lines(self) -> Iterator[Line]:
        return (line for _, line in self.heard())
