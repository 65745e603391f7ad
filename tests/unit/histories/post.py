"""A post office that remembers when it accepted what, and has trouble when it is told to."""

from dataclasses import dataclass, field
from datetime import datetime

from aftercare.clock import Clock
from aftercare.errors import PermanentSendError, TemporarySendError, UnknownSendError
from aftercare.message import Mail


@dataclass(frozen=True)
class Accepted:
    """A mail that the provider took, at a care time."""

    at: datetime
    mail: Mail


@dataclass
class Post:
    """The sender: `troubles` are met one a mail, in order."""

    clock: Clock
    name: str = "post"
    accepted: list[Accepted] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)

    def send(self, mail: Mail) -> str:
        trouble = self.troubles.pop(0) if self.troubles else ""
        match trouble:
            case "busy":
                raise TemporarySendError("busy")
            case "refused":
                raise PermanentSendError("no such mailbox")
            case "lost":
                self.lost.append(mail.follow_up_id)
                raise UnknownSendError("connection lost before anything arrived")
        self.accepted.append(Accepted(self.clock.now(), mail))
        if trouble == "lost on the way back":
            raise UnknownSendError("connection lost before the answer")
        return f"id-{mail.follow_up_id}"

    def got(self, follow_up_id: str | None) -> bool:
        return any(each.mail.follow_up_id == follow_up_id for each in self.accepted)

    def close(self) -> None:
        return None
