"""Templates: every persona reads well, and nobody's name or item can break a mail."""

import email
import json
import re
from datetime import UTC, datetime
from email.policy import default
from pathlib import Path
from typing import Any

import pytest

from aftercare.errors import PermanentSendError, TemplateError
from aftercare.message import Address
from aftercare.templating.brand import load_brand
from aftercare.templating.eml import to_eml
from aftercare.templating.library import Library, nearest_language
from aftercare.templating.lint import lint
from aftercare.templating.mail import to_mail
from aftercare.templating.personas import persona

ROOT = Path(__file__).resolve().parents[2]
LIBRARY = Library.load(ROOT / "templates")
NAUGHTY = ROOT / ".." / "shared" / "data" / "bad-input" / "blns.json"
SENT = datetime(2026, 3, 9, 12, tzinfo=UTC)


def late(**changes: Any) -> dict[str, Any]:
    context = persona(LIBRARY, "apology/late_delivery", "late-once")
    for kind, fields in changes.items():
        context[kind] = context[kind] | fields
    return context


def mail_of(context: dict[str, Any]) -> Any:
    rendered = LIBRARY.render("apology/late_delivery", "en", context)
    return to_mail(
        rendered,
        follow_up_id="f-1",
        kind="apology",
        rule="late-delivery",
        customer=context["customer"],
        brand=LIBRARY.brand,
    )


def test_there_are_at_least_ten_templates_in_both_languages_and_all_pass_the_care_lint() -> None:
    assert len(LIBRARY.templates) >= 10
    assert lint(LIBRARY) == []


def test_the_care_lint_names_the_words_and_the_mend(monkeypatch: pytest.MonkeyPatch) -> None:
    source = LIBRARY._sources["apology/late_delivery", "en"]
    broken = dict(LIBRARY._sources)
    from dataclasses import replace

    text = "<mj-text>We apologise for any inconvenience.</mj-text>"
    broken["apology/late_delivery", "en"] = replace(source, body=source.body + text)
    monkeypatch.setattr(LIBRARY, "_sources", broken)
    assert any("any inconvenience" in problem for problem in lint(LIBRARY))


def test_a_missing_fact_is_an_error_and_never_printed() -> None:
    with pytest.raises(TemplateError, match="a fact that it prints is missing"):
        LIBRARY.render("apology/late_delivery", "en", late(customer={"first_name": None}))


def test_the_text_part_holds_no_markup_and_no_entities() -> None:
    text = mail_of(late(order={"item": "Salt & <pepper>"})).text
    assert "Salt & <pepper>" in text
    assert "&amp;" not in text
    assert "mj-" not in text


def test_markup_in_an_item_is_shown_and_not_obeyed() -> None:
    html = mail_of(late(order={"item": "<script>alert(1)</script><b>x"})).html
    assert "<script>" not in html
    assert "&lt;script&gt;" in html


def test_template_code_in_a_name_is_text() -> None:
    html = mail_of(late(customer={"first_name": "{{ brand.email }}"})).html
    assert "{{ brand.email }}" in html


def test_a_line_end_in_a_name_adds_no_header() -> None:
    context = late(
        customer={"name": "Ana\r\nBcc: everyone@example.com", "email": "ana@example.com"}
    )
    message = email.message_from_bytes(to_eml(mail_of(context), SENT), policy=default)
    assert message["Bcc"] is None


def test_an_address_that_is_none_is_refused_without_repeating_it() -> None:
    context = late(customer={"email": "ana@@example..com\r\nBcc: x@example.com"})
    with pytest.raises(PermanentSendError) as refused:
        to_eml(mail_of(context), SENT)
    assert "example" not in str(refused.value)


def test_every_mail_can_be_answered_and_says_why_it_was_written() -> None:
    for name in LIBRARY.templates:
        who = next(iter(LIBRARY.personas[name]))
        for language, why in (("en", "You are getting this"), ("pt", "Você recebe este e-mail")):
            rendered = LIBRARY.render(name, language, persona(LIBRARY, name, who))
            assert why in rendered.text.replace("\n", " ")
    message = email.message_from_bytes(to_eml(mail_of(late()), SENT), policy=default)
    assert message["Reply-To"].addresses[0].addr_spec == LIBRARY.brand.email


@pytest.mark.parametrize(
    "address", ["no-reply@shop.example", "noreply@shop.example", "donotreply@a.example"]
)
def test_an_address_that_answers_nobody_is_refused(tmp_path: Path, address: str) -> None:
    text = (ROOT / "templates" / "brand.yml").read_text()
    changed = re.sub(r"^email: \S+", f"email: {address}", text, flags=re.MULTILINE)
    (tmp_path / "brand.yml").write_text(changed)
    with pytest.raises(TemplateError, match="answers nobody"):
        load_brand(tmp_path)


def test_an_unknown_fact_in_a_template_is_refused_with_line_and_nearest_name(
    tmp_path: Path,
) -> None:
    import shutil

    folder = tmp_path / "templates"
    shutil.copytree(ROOT / "templates", folder)
    file = folder / "apology" / "late_delivery" / "en.mjml"
    file.write_text(file.read_text() + "<mj-text>{{ order.delivred_on }}</mj-text>\n")
    with pytest.raises(TemplateError, match=r"en\.mjml:\d+: .*did you mean order\.delivered_on"):
        Library.load(folder)


@pytest.mark.parametrize(
    ("asked", "spoken"), [("pt-BR", "pt"), ("PT_br", "pt"), ("de", "en"), ("en-GB", "en")]
)
def test_the_nearest_language_is_spoken(asked: str, spoken: str) -> None:
    assert nearest_language(asked) == spoken


@pytest.mark.skipif(
    not NAUGHTY.is_file(), reason="the naughty strings are not beside this checkout"
)
def test_naughty_strings_never_mangle_a_mail() -> None:
    for string in json.loads(NAUGHTY.read_text()):
        context = late(customer={"first_name": string, "name": string}, order={"item": string})
        mail = mail_of(context)
        assert Address("ana@example.com", mail.to.name).name == mail.to.name
        message = email.message_from_bytes(to_eml(mail, SENT), policy=default)
        assert message["X-Aftercare-Follow-Up"] == "f-1"
        assert "<script" not in mail.html.lower()
        body = message.get_body(("plain",))
        assert body is not None
        assert len(body.get_content()) < 5000
