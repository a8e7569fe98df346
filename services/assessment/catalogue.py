"""The catalogue holds the models that ship with the service and reads model files safely."""

from collections.abc import Hashable, Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

import yaml

from .domain.faults import Fault, InvalidModelError, Text
from .domain.loading import load
from .domain.model import Model

_LARGEST_FILE = 512 * 1024
_DEEPEST = 24
_SHIPPED = Path(__file__).parent / "models"


@cache
def shipped() -> Mapping[str, Model]:
    """The shipped models by code, each validated with its golden examples."""
    models = (load(read_yaml(path.read_bytes())) for path in sorted(_SHIPPED.glob("*.yaml")))
    return MappingProxyType({model.code: model for model in models})


def read_yaml(content: bytes) -> object:
    """The document in a YAML or JSON file from anyone; raises InvalidModelError.

    Anchors are refused rather than expanded, so a document is never larger than its file.
    """
    if len(content) > _LARGEST_FILE:
        raise _refusal("too_large", "文件过大。", f"Larger than {_LARGEST_FILE} bytes.")
    try:
        _demand_flat(content)
        return yaml.load(content, Loader=_Loader)  # noqa: S506 - a safe loader, made stricter
    except (yaml.YAMLError, ValueError) as fault:
        raise _refusal("not_yaml", "不是可读的 YAML。", f"Not readable YAML: {fault}") from None


class _Loader(yaml.CSafeLoader):
    def construct_mapping(
        self, node: yaml.MappingNode, deep: bool = False
    ) -> dict[Hashable, object]:
        mapping = super().construct_mapping(node, deep)
        if len(mapping) != len(node.value):
            raise yaml.constructor.ConstructorError(None, None, "duplicate key", node.start_mark)
        return mapping


def _demand_flat(content: bytes) -> None:
    depth = 0
    for event in yaml.parse(content, Loader=yaml.CSafeLoader):
        if isinstance(event, yaml.AliasEvent):
            raise _refusal("alias", "不接受 YAML 别名。", "YAML aliases are not accepted.")
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > _DEEPEST:
            raise _refusal("too_deep", "嵌套过深。", "Nested too deeply.")


def _refusal(code: str, zh: str, en: str) -> InvalidModelError:
    return InvalidModelError([Fault("", code, Text(zh, en))])
