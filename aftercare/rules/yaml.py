"""Reading YAML that people write: duplicate keys are refused, errors name the line."""

from pathlib import Path
from typing import Any

import yaml

from aftercare.errors import RuleError


class _Strict(yaml.SafeLoader):
    """A loader that refuses to let a second key silently win."""


def _mapping(loader: _Strict, node: yaml.MappingNode) -> dict[Any, Any]:
    seen: set[Any] = set()
    for key_node, _ in node.value:
        key = loader.construct_object(key_node)
        if key in seen:
            raise yaml.constructor.ConstructorError(
                None, None, f"{key!r} stands twice", key_node.start_mark
            )
        seen.add(key)
    return loader.construct_mapping(node)


_Strict.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)
# YAML 1.1 reads the key `on` as True.
_Strict.yaml_implicit_resolvers = {
    first: [(tag, regexp) for tag, regexp in pairs if tag != "tag:yaml.org,2002:bool"]
    for first, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def read_mapping(path: Path) -> dict[str, Any]:
    """The mapping in a YAML file; `true` and `false` come as text. Raises RuleError with the line."""
    try:
        found = yaml.load(path.read_text(encoding="utf-8"), Loader=_Strict)  # noqa: S506 - strict safe loader
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        line = f":{mark.line + 1}" if mark else ""
        raise RuleError(f"{path}{line}: {error.problem or 'not YAML'}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise RuleError(f"{path}: not YAML in UTF-8: {type(error).__name__}") from error
    except OSError as error:
        raise RuleError(f"{path}: cannot be read: {error.strerror}") from error
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise RuleError(f"{path}: must hold rules by name, `late-delivery:` and so on")
    return found
