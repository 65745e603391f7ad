"""What one poll brought, by partition."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from aftercare.intake import Incoming
from aftercare.store.offsets import Place


@dataclass(frozen=True)
class Slice:
    """Offsets `begin` to `end` - 1 of a partition, and the records among them. Offsets without a
    record are transaction markers, aborted records and compacted ones."""

    place: Place
    begin: int
    end: int
    records: list[Incoming] = field(default_factory=list)

    @property
    def skipped(self) -> int:
        """How many offsets hold no record."""
        return self.end - self.begin - len(self.records)

    def one_by_one(self) -> Iterator["Slice"]:
        """The same offsets as slices of one record each; what follows the last record goes with it."""
        begin = self.begin
        for number, record in enumerate(self.records, start=1):
            end = self.end if number == len(self.records) else record.offset + 1
            yield Slice(self.place, begin, end, [record])
            begin = end
        if not self.records:
            yield self
