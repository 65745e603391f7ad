"""Complaints and support tickets, and how they end."""

from dataclasses import dataclass
from typing import Any

from aftercare.demo.cast import Buyer
from aftercare.demo.pages import Script, Week

_COMPLAINTS = {
    "pt": (
        ("low", "A embalagem veio amassada, mas o produto está inteiro."),
        ("low", "O manual só veio em inglês."),
        ("medium", "A cor é bem mais escura do que na foto do site."),
        ("medium", "Liguei duas vezes e ninguém soube dizer onde está o meu pedido."),
        ("high", "Paguei frete expresso e chegou depois do aniversário da minha mãe."),
        ("high", "Recebi a peça errada pela segunda vez."),
    ),
    "en": (
        ("low", "The box was dented, though what was in it is fine."),
        ("medium", "The lamp is a good deal darker than the picture."),
        ("medium", "Nobody could tell me on the phone where my order was."),
        ("high", "You sent the wrong piece, twice now."),
    ),
}
_RESOLUTIONS = {
    "pt": (
        "Enviamos a peça certa, sem custo, e ela chegou na terça.",
        "Devolvemos o valor do frete no seu cartão.",
        "Trocamos a peça e pedimos à fábrica fotos fiéis à cor.",
    ),
    "en": (
        "We sent the right piece, free of charge, and it has arrived.",
        "We returned the shipping cost to your card.",
        "We exchanged the piece and had new pictures taken.",
    ),
}
_QUESTIONS = {
    "pt": (
        "Não consigo mudar o endereço de entrega",
        "O cupom não funciona",
        "A lâmpada não acende",
    ),
    "en": ("I cannot change my address", "My voucher does not work", "The bulb does not light"),
}
_ANSWERS = {
    "pt": ("Mudamos o endereço para você.", "Reativamos o cupom.", "Enviamos uma lâmpada nova."),
    "en": ("We changed the address for you.", "We renewed the voucher.", "We sent a new bulb."),
}
_CRITICAL = {
    "pt": "A luminária soltou faísca e queimou a cortina. Ninguém se feriu.",
    "en": "The lamp sparked and burnt the curtain. Nobody was hurt.",
}


@dataclass
class Cases:
    """Tells cases and numbers them."""

    week: Week
    script: Script
    told: int = 0

    def complaint(
        self, buyer: Buyer, opened: int, resolved: int | None = None, *, critical: bool = False
    ) -> None:
        """A complaint, opened on a day and perhaps resolved on another."""
        subject = self._number("R")
        severity, comment = self.week.random.choice(_COMPLAINTS[buyer.language])
        if critical:
            severity, comment = "critical", _CRITICAL[buyer.language]
        own = ("complaint_id", subject, buyer)
        said: dict[str, Any] = {"severity": severity, "comment": comment}
        self._say("complaint.opened", opened, *own, customer=buyer.person, **said)
        if resolved is not None:
            words = self.week.random.choice(_RESOLUTIONS[buyer.language])
            self._say("complaint.resolved", resolved, *own, resolution=words)

    def ticket(
        self,
        buyer: Buyer,
        opened: int,
        resolved: int | None = None,
        reopened: int | None = None,
        score: int | None = None,
    ) -> None:
        """A ticket: asked, answered, perhaps resolved, reopened, rated."""
        subject = self._number("T")
        place = self.week.random.randrange(3)
        question, answer = _QUESTIONS[buyer.language][place], _ANSWERS[buyer.language][place]
        own = ("ticket_id", subject, buyer)
        self._say("support.opened", opened, *own, topic=question, customer=buyer.person)
        if resolved is not None:
            self._say("support.contacted", resolved, *own, hour=9, channel="telefone")
            self._say("support.resolved", resolved, *own, resolution=answer)
        if score is not None and resolved is not None:
            self._say("support.rated", resolved, *own, hour=20, score=score)
        if reopened is not None:
            self._say("support.reopened", reopened, *own, reason=question)

    def _number(self, letter: str) -> str:
        self.told += 1
        return f"{letter}-{300 + self.told}"

    def _say(
        self,
        what: str,
        day: int,
        id_field: str,
        subject: str,
        buyer: Buyer,
        *,
        hour: float | None = None,
        **data: Any,
    ) -> None:
        own = {"customer_id": buyer.id, id_field: subject}
        hour = self.week.random.uniform(10, 18) if hour is None else hour
        self.script.say(what, self.week.at(day, hour), subject, own | data)
