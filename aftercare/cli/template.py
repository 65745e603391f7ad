"""`aftercare template`: list, check, render."""

import webbrowser
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from aftercare import settings
from aftercare.cli.listing import show as show_list
from aftercare.errors import TemplateError
from aftercare.templating.eml import to_eml
from aftercare.templating.library import Library
from aftercare.templating.lint import lint
from aftercare.templating.mail import to_mail
from aftercare.templating.personas import persona

app = typer.Typer(help="Look at, check and render templates.", no_args_is_help=True)


@app.command("list")
def list_templates() -> None:
    """Every template with its purpose, the facts it needs and its personas."""
    library = Library.load(settings.load().templates)
    cells = (
        (name, each.purpose, ", ".join(each.needs), ", ".join(library.personas[name]))
        for name, each in library.templates.items()
    )
    show_list(("template", "purpose", "needs", "personas"), cells, "no templates")


@app.command()
def check() -> None:
    """Check every template: names, languages, MJML, every persona, and how it is written."""
    library = Library.load(settings.load().templates)
    problems = lint(library)
    if problems:
        raise TemplateError("\n".join(problems))
    Console().print(f"{len(library.templates)} templates are fine")


@app.command()
def render(
    name: Annotated[str, typer.Argument(help="e.g. apology/late_delivery")],
    lang: Annotated[str, typer.Option(help="en or pt")] = "en",
    who: Annotated[str, typer.Option("--persona", help="a persona of its about.yml")] = "",
    out: Annotated[Path, typer.Option(help="where the files go")] = Path("var/preview"),
    show: Annotated[bool, typer.Option("--open", help="open it in a browser")] = False,
) -> None:
    """Write .html, .txt and .eml of a template, e.g.
    `aftercare template render apology/late_delivery --lang pt --persona late-twice`"""
    library = Library.load(settings.load().templates)
    chosen = who or next(iter(library.personas.get(name) or {"?": None}))
    context = persona(library, name, chosen)
    rendered = library.render(name, lang, context)
    mail = to_mail(
        rendered,
        follow_up_id="00000000-0000-5000-8000-000000000000",
        kind=name.split("/")[0],
        rule="preview",
        customer=context["customer"],
        brand=library.brand,
    )
    out.mkdir(parents=True, exist_ok=True)
    base = out / f"{name.replace('/', '-')}-{chosen}.{rendered.language}"
    files = {".html": rendered.html.encode(), ".txt": rendered.text.encode()}
    files[".eml"] = to_eml(mail, datetime.now(UTC))
    for ending, content in files.items():
        path = base.with_name(base.name + ending)
        path.write_bytes(content)
        Console(soft_wrap=True).print(str(path), markup=False, highlight=False)
    if show:
        webbrowser.open(base.with_name(base.name + ".html").resolve().as_uri())
