"""Reading YAML that people write: duplicate keys are refused, errors name the line."""

from pathlib import Path
from typing import Any

import yaml

from aftercare.errors import RuleError


class _Strict(yaml.SafeLoader):
    """A loader that lets no second key win silently, and no alias copy a rule out of sight."""

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            raise _error("an alias (*) is not read here; write it out", mark)
        return super().compose_node(parent, index)


def _error(words: str, mark: yaml.Mark) -> yaml.MarkedYAMLError:
    return yaml.constructor.ConstructorError(None, None, words, mark)


def _mapping(loader: _Strict, node: yaml.MappingNode) -> dict[Any, Any]:
    seen: set[str] = set()
    for key_node, _ in node.value:
        if not isinstance(key_node, yaml.ScalarNode):
            raise _error("a key is a plain word", key_node.start_mark)
        if key_node.value in seen:
            raise _error(f"{key_node.value!r} stands twice", key_node.start_mark)
        seen.add(key_node.value)
    return loader.construct_mapping(node)


_Strict.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)
# YAML 1.1 reads the key `on` as True.
_AS_TEXT = ("tag:yaml.org,2002:bool", "tag:yaml.org,2002:merge")
_Strict.yaml_implicit_resolvers = {
    first: [(tag, regexp) for tag, regexp in pairs if tag not in _AS_TEXT]
    for first, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


RULES = "rules by name, as `late-delivery:` with its fields"


def read_mapping(path: Path, label: str | None = None, holds: str = RULES) -> dict[str, Any]:
    """The mapping in a YAML file; `true` and `false` come as text, an empty file as {}.

    Raises RuleError beginning with `label` (by default the path) and the line; `holds` says what
    the file is for.
    """
    label = label or str(path)
    try:
        found = yaml.load(path.read_text(encoding="utf-8"), Loader=_Strict)  # noqa: S506 - a SafeLoader
    except yaml.MarkedYAMLError as error:
        raise RuleError(f"{label}{_line(error)}: {_words(error)}") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise RuleError(f"{label}: is not YAML in UTF-8 ({type(error).__name__})") from error
    except OSError as error:
        raise RuleError(f"{label}: cannot be read: {error.strerror}") from error
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise RuleError(f"{label}: must hold {holds}")
    return found


def _line(error: yaml.MarkedYAMLError) -> str:
    mark = error.problem_mark or error.context_mark
    return f":{mark.line + 1}" if mark else ""


def _words(error: yaml.MarkedYAMLError) -> str:
    problem = error.problem or "is not YAML"
    if "'\\t'" in problem:
        return "a tab; indent with spaces"
    if "mapping values are not allowed" in problem:
        return "a second colon, or wrong indentation; put text with `: ` in quotes"
    if problem.startswith("expected <block end>"):
        return "this line's indentation does not fit the lines above"
    return problem
