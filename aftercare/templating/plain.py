"""The plain-text part: what the MJML says, as text that reads well."""

import textwrap
from html.parser import HTMLParser

_BLOCKS = frozenset({"mj-text", "p", "tr", "li", "mj-button"})
_SKIPPED = frozenset({"mj-head", "mj-style", "mj-title", "mj-preview", "style"})
WIDTH = 76


class _Reader(HTMLParser):
    """Collects the text of blocks; cells of a row are joined by a colon."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.blocks: list[str] = []
        self._text, self._skipping = "", 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _SKIPPED:
            self._skipping += 1
        elif tag == "br":
            self._text += "\n"
        elif tag in _BLOCKS:
            self._flush()
        elif tag == "mj-divider":
            self._flush()
            self.blocks.append("--")

    def handle_endtag(self, tag: str) -> None:
        if tag in _SKIPPED:
            self._skipping -= 1
        elif tag in _BLOCKS:
            self._flush()
        elif tag == "td":
            self._text = self._text.rstrip() + ": "

    def handle_data(self, data: str) -> None:
        if not self._skipping:
            # Line ends of the source are spaces; only <br> breaks a line.
            self._text += data.replace("\n", " ")

    def _flush(self) -> None:
        lines = [" ".join(line.split()) for line in self._text.split("\n")]
        text = "\n".join(line.removesuffix(":") for line in lines if line)
        if text:
            self.blocks.append(text)
        self._text = ""


def plain_text(mjml: str) -> str:
    """Text of a rendered MJML document, wrapped, blocks apart by an empty line."""
    reader = _Reader()
    reader.feed(mjml)
    reader.close()
    return "\n\n".join(map(_wrapped, reader.blocks)) + "\n"


def _wrapped(block: str) -> str:
    lines = block.split("\n")
    wrap = textwrap.TextWrapper(WIDTH, break_long_words=False, break_on_hyphens=False)
    return "\n".join(wrap.fill(line) for line in lines)
