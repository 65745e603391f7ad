"""SendGrid as a sender: "accepted" means that it answered 202."""

import time
from collections.abc import Callable
from datetime import UTC, datetime

from aftercare.errors import PermanentSendError, TemporarySendError, UnknownSendError
from aftercare.message import Mail
from aftercare.senders.sendgrid.answer import ACCEPTED, Answer, refusal
from aftercare.senders.sendgrid.http import CONNECT, READ, make_pool, pooled_api
from aftercare.senders.sendgrid.payload import payload


class SendGridSender:
    """Hands mails to SendGrid, one request each, never a second time by itself.

    machine: tells machine seconds (epoch), for rate limits. connect, read: time-outs in machine
    seconds.
    """

    name = "sendgrid"

    def __init__(
        self,
        key: str,
        url: str,
        *,
        sandbox: bool = False,
        connect: float = CONNECT,
        read: float = READ,
        machine: Callable[[], float] = time.time,
    ) -> None:
        self._sandbox = sandbox
        self._machine = machine
        self._pool = make_pool(url, connect=connect, read=read)
        self._api = pooled_api(key, url, self._pool)

    def send(self, mail: Mail) -> str:
        """Hand one mail over; returns X-Message-Id (sandbox mode gives none: the follow-up id).
        See aftercare.message.Sender for errors; StopSending when SendGrid refuses us as such."""
        answer = self._post(mail)
        if answer.status in ACCEPTED:
            return answer.header("X-Message-Id") or mail.follow_up_id
        raise refusal(answer, self._machine())

    def close(self) -> None:
        """Close the pooled connections; the sender may be used again afterwards."""
        self._pool.clear()

    def _post(self, mail: Mail) -> Answer:
        try:
            body = payload(mail, self._now(), sandbox=self._sandbox)
        except PermanentSendError:
            raise
        except Exception as error:  # the SDK's own checks; nothing was sent
            raise PermanentSendError(f"no SendGrid request: {type(error).__name__}") from None
        try:
            response = self._api.client.mail.send.post(request_body=body)
        except TemporarySendError:  # never connected
            raise
        except Exception as error:
            # Connected, and then no whole answer: time-out, reset, garbage. It may be accepted.
            raise UnknownSendError(f"no answer from SendGrid ({type(error).__name__})") from None
        return Answer(response.status_code, response.headers, response.body)

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._machine(), UTC)
