"""Mails and the outbox page as people see them: Chromium, on a phone and on a desk."""

import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from aftercare.clock import ManualClock
from aftercare.senders.outbox import OutboxSender, build_index
from aftercare.settings import ROOT
from aftercare.templating.library import Library
from aftercare.templating.personas import persona
from aftercare.upkeep.handoffs import deliver_handoffs
from tests.fakes.house import House
from tests.fakes.mails import FOLLOW_UP, a_mail

pytestmark = pytest.mark.browser

LIBRARY = Library.load(ROOT / "templates")
MAILS = [
    (template, language, who)
    for template in LIBRARY.templates
    for language in ("en", "pt")
    for who in LIBRARY.personas[template]
]
PHONE, DESK = 390, 900
OTHER = FOLLOW_UP.replace("6f1c", "7f1c")

LOOK = """() => {
  const shown = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const rgb = (text) => text.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map((v) => {
      const s = v / 255;
      return s <= 0.03928 ? s / 12.92 : ((s + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const behind = (element) => {
    for (let e = element; e; e = e.parentElement) {
      const colour = rgb(getComputedStyle(e).backgroundColor);
      if (colour.length < 4 || colour[3] > 0) return colour;
    }
    return [255, 255, 255];
  };
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    const words = walker.currentNode.textContent.trim();
    const box = element.getBoundingClientRect();
    if (!words || box.width < 2 || box.height < 2) continue;
    const style = getComputedStyle(element);
    if (style.visibility === "hidden" || style.display === "none" || style.opacity === "0") continue;
    const [a, b] = [light(rgb(style.color)), light(behind(element))].sort((x, y) => y - x);
    shown.push({
      words, size: parseFloat(style.fontSize), contrast: (a + 0.05) / (b + 0.05), right: box.right,
    });
  }
  return { shown, wide: document.documentElement.scrollWidth };
}"""
"""Every shown text with its size in pixels, its WCAG contrast and its right edge."""


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    found = shutil.which("chromium") or shutil.which("google-chrome")
    if found is None and os.environ.get("CI"):
        pytest.fail("Chromium is missing")
    if found is None:
        pytest.skip("Chromium is missing; Debian: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    made = chromium.new_page()
    made.set_default_timeout(20_000)
    yield made
    made.close()


@pytest.mark.parametrize(("template", "language", "who"), MAILS)
def test_a_mail_is_easy_to_read_on_a_phone_and_on_a_desk_without_the_network(
    page: Page, template: str, language: str, who: str
) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    html = LIBRARY.render(template, language, persona(LIBRARY, template, who)).html
    for width in (PHONE, DESK):
        page.set_viewport_size({"width": width, "height": 844})
        page.set_content(html)
        seen = page.evaluate(LOOK)
        assert seen["wide"] <= width, f"wider than {width} pixels"
        assert len(seen["shown"]) > 3
        for text in seen["shown"]:
            assert text["size"] >= 13, text
            assert text["contrast"] >= 4.5, text
            assert text["right"] <= width + 1, text
    assert asked == []


@pytest.mark.parametrize("width", [PHONE, DESK])
def test_the_mail_to_a_team_is_easy_to_read_however_long_the_words_are(
    page: Page, tmp_path: Path, width: int
) -> None:
    house = House(f"sqlite:///{tmp_path / 'store.db'}")
    comment = f"Look: https://{'photo' * 60}\n{'very ' * 90}"
    data: dict[str, Any] = {"complaint_id": "k" * 150, "comment": comment}
    house.tell("complaint.opened", severity="critical", customer={"first_name": "Ana"}, **data)
    house.run("apology")
    assert deliver_handoffs(house.parts) == 1
    page.set_viewport_size({"width": width, "height": 844})
    page.set_content(house.sender.mails[0].html)
    seen = page.evaluate(LOOK)
    assert seen["wide"] <= width
    for text in seen["shown"]:
        assert text["size"] >= 13, text
        assert text["contrast"] >= 4.5, text
        assert text["right"] <= width + 1, text


@pytest.fixture
def outbox(tmp_path: Path) -> Path:
    """The page of an outbox with two mails, one of somebody who tries to be markup."""
    sender = OutboxSender(tmp_path, ManualClock(datetime(2026, 1, 5, 15, tzinfo=UTC)))
    sender.send(a_mail())
    hostile = "</script><img src=x onerror='document.title=1'>"
    html = f"<p>Olá</p>{hostile}<script>document.title = 2</script>"
    sender.send(a_mail(follow_up_id=OTHER, kind="check_in", subject=hostile, html=html))
    return build_index(tmp_path)


@pytest.mark.parametrize("width", [PHONE, DESK])
def test_the_outbox_is_searched_and_read_like_an_inbox(
    page: Page, outbox: Path, width: int
) -> None:
    page.set_viewport_size({"width": width, "height": 844})
    page.goto(outbox.as_uri())
    assert page.locator("#count").inner_text() == "2 mails"
    page.fill("#search", "lamp")
    assert page.locator("#count").inner_text() == "1 of 2 mails"
    page.locator("#list button").click()
    body = page.frame_locator("#frame").locator("body")
    assert "three days late" in body.inner_text()
    page.click("#as-text")
    page.wait_for_function("() => document.getElementById('frame').src.endsWith('.txt')")
    assert "The shop" in body.inner_text()
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_mail_that_tries_to_be_markup_is_only_shown(page: Page, outbox: Path) -> None:
    page.goto(f"{outbox.as_uri()}#{OTHER}")
    assert "Olá" in page.frame_locator("#frame").locator("body").inner_text()
    assert "<img src=x" in page.locator("#subject").inner_text()
    assert page.title() == "Outbox · Aftercare"
    assert page.locator("#open img").count() == 0
