"""The care lint: what a caring message must not say, and what it must hold."""

import re
from collections.abc import Iterator

from aftercare.errors import TemplateError
from aftercare.templating.library import Library
from aftercare.templating.personas import persona
from aftercare.templating.words import LOCALES

FORBIDDEN = {
    "en": {
        r"if you were (affected|inconvenienced)": "say what happened to them",
        r"any inconvenience|for the inconvenience": "name the trouble",
        r"forgive|forgiveness|hope you understand": "do not ask them for anything",
        r"unfortunately|due to circumstances": "take responsibility",
        r"valued customer|your satisfaction is": "use their name and the facts",
        r"rate us|survey|stars|take a minute": "never beg for a score",
        r"will never happen again|we (guarantee|promise that)": "promise nothing that nothing watches",
        r"check out|shop now|discover our|sale\b": "never sell here",
    },
    "pt": {
        r"caso (você )?tenha sido afetad": "diga o que aconteceu",
        r"(qualquer|pelo|eventuais) (transtorno|inconveniente)s?": "diga qual foi o problema",
        r"perdão|desculpe-nos|pedimos (desculpas|a sua compreensão|sua compreensão)": "não peça nada",
        r"infelizmente|por motivos alheios": "assuma a responsabilidade",
        r"prezado cliente|estimado cliente|sua satisfação": "use o nome e os fatos",
        r"avalie|pesquisa de satisfação|estrelas": "não peça nota",
        r"nunca mais vai acontecer|garantimos que": "não prometa o que ninguém vigia",
        r"aproveite|confira|promoção|desconto imperdível": "não venda aqui",
    },
}
LONGEST_SUBJECT = 70
MOST_WORDS = 200


def lint(library: Library) -> list[str]:
    """Render every persona in every language; one line for each problem, naming template, language,
    the words and the mend."""
    return [problem for name in library.templates for problem in _template(library, name)]


def _template(library: Library, name: str) -> Iterator[str]:
    if not library.personas[name]:
        yield f"{name}: has no persona in about.yml, so nobody can look at it"
    for who in library.personas[name]:
        for language in LOCALES:
            place = f"{name}/{language}.mjml ({who})"
            try:
                rendered = library.render(name, language, persona(library, name, who))
            except TemplateError as error:
                yield f"{place}: {error}"
                continue
            yield from _words(place, language, rendered.subject, rendered.text)
            yield from _facts(place, rendered.text)


def _words(place: str, language: str, subject: str, text: str) -> Iterator[str]:
    for pattern, mend in FORBIDDEN[language].items():
        if found := re.search(pattern, f"{subject}\n{text}", re.IGNORECASE):
            yield f"{place}: says {found[0]!r}; {mend}"
    if len(subject) > LONGEST_SUBJECT:
        yield f"{place}: the subject has {len(subject)} characters; {LONGEST_SUBJECT} are read"
    if (number := len(text.split())) > MOST_WORDS:
        yield f"{place}: {number} words; nobody reads more than {MOST_WORDS}"
    if "None" in text or "{{" in text or "{%" in text:
        yield f"{place}: template code or an unknown fact shows through"


def _facts(place: str, text: str) -> Iterator[str]:
    if not re.search(r"\d", text):
        yield f"{place}: names no date, amount or number; be concrete"
