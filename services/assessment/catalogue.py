"""The catalogue holds the models that ship with the service and reads model files safely."""

import json
import re
from collections import OrderedDict
from collections.abc import Hashable, Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import yaml

from .domain.faults import Fault, InvalidModelError, Text
from .domain.loading import load
from .domain.model import Model

UNREADABLE = ("not_yaml", "not_json")
"""The codes of faults that say that a file cannot be parsed at all."""

_LARGEST_FILE = 512 * 1024
_DEEPEST = 24
_MOST_EVENTS = 150_000
_DECIMAL = re.compile(r"\d+\.\d+", re.ASCII)
_SHIPPED = Path(__file__).parent / "models"
_KEPT_LOADED = 128


@cache
def shipped_versions() -> Mapping[tuple[str, int], Model]:
    """Every shipped model by code and version, each validated with its golden examples."""
    return MappingProxyType({key: load(document) for key, document in _documents().items()})


def shipped_document(code: str, version: int) -> object | None:
    """The document that a shipped model is loaded from."""
    return _documents().get((code, version))


@cache
def shipped() -> Mapping[str, Model]:
    """The newest version of every shipped model, by code; these codes are reserved."""
    return MappingProxyType({code: shipped_versions()[code, v] for code, v in _newest().items()})


def shipped_model(code: str, version: int | None = None) -> Model | None:
    """The shipped model of this code, in its newest version unless one is named."""
    return shipped().get(code) if version is None else shipped_versions().get((code, version))


def uploaded_model(document: object, content_hash: str, version: int) -> Model:
    """The model of a document that was accepted before; the ones used last are kept loaded."""
    model = _loaded.get((content_hash, version))
    if model is None:
        model = load(document, version)
        _loaded[content_hash, version] = model
        if len(_loaded) > _KEPT_LOADED:
            _loaded.popitem(last=False)
    _loaded.move_to_end((content_hash, version))
    return model


def read_json(content: bytes) -> object:
    """The document in a JSON file from anyone; raises InvalidModelError."""
    _demand_small(content)
    try:
        return json.loads(
            content, object_pairs_hook=_without_duplicates, parse_float=_decimal_as_written
        )
    except RecursionError:
        raise _refusal("too_deep", "嵌套过深。", "Nested too deeply.") from None
    except ValueError as fault:
        raise _refusal("not_json", "不是可读的 JSON。", f"Not readable JSON: {fault}") from None


def read_yaml(content: bytes) -> object:
    """The document in a YAML or JSON file from anyone; raises InvalidModelError.

    Anchors are refused rather than expanded, so a document is never larger than its file.
    """
    _demand_small(content)
    try:
        _demand_flat(content)
        return yaml.load(content, Loader=_Loader)  # noqa: S506 - a safe loader, made stricter
    except (yaml.YAMLError, ValueError) as fault:
        raise _refusal("not_yaml", "不是可读的 YAML。", f"Not readable YAML: {fault}") from None


def written_yaml(document: object) -> str:
    """A document as a YAML file that `read_yaml` reads as the same document."""
    return yaml.dump(document, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=100)


class _Dumper(yaml.CSafeDumper):
    def ignore_aliases(self, _data: object) -> bool:
        # What occurs twice is written twice: anchors are refused when the file comes back.
        return True


@cache
def _documents() -> Mapping[tuple[str, int], Any]:
    documents: list[Any] = [read_yaml(p.read_bytes()) for p in sorted(_SHIPPED.glob("*.yaml"))]
    return MappingProxyType({(each["code"], each["version"]): each for each in documents})


_loaded: OrderedDict[tuple[str, int], Model] = OrderedDict()


def _newest() -> dict[str, int]:
    newest: dict[str, int] = {}
    for code, version in shipped_versions():
        newest[code] = max(version, newest.get(code, 0))
    return newest


class _Loader(yaml.CSafeLoader):
    def construct_mapping(
        self, node: yaml.MappingNode, deep: bool = False
    ) -> dict[Hashable, object]:
        mapping = super().construct_mapping(node, deep)
        if len(mapping) != len(node.value):
            raise yaml.constructor.ConstructorError(None, None, "duplicate key", node.start_mark)
        return mapping


def _yaml_float(loader: _Loader, node: yaml.ScalarNode) -> object:
    written = str(node.value)
    return written if _DECIMAL.fullmatch(written) else loader.construct_yaml_float(node)


_Loader.add_constructor("tag:yaml.org,2002:float", _yaml_float)


def _without_duplicates(pairs: list[tuple[str, object]]) -> dict[str, object]:
    mapping = dict(pairs)
    if len(mapping) != len(pairs):
        raise ValueError("duplicate key")
    return mapping


def _decimal_as_written(number: str) -> object:
    """A plain decimal is the text that stands in the file: that is exact, and a float is not."""
    return number if _DECIMAL.fullmatch(number) else float(number)


def _demand_small(content: bytes) -> None:
    if len(content) > _LARGEST_FILE:
        raise _refusal("too_large", "文件过大。", f"Larger than {_LARGEST_FILE} bytes.")


def _demand_flat(content: bytes) -> None:
    depth = 0
    for number, event in enumerate(yaml.parse(content, Loader=yaml.CSafeLoader)):
        if number > _MOST_EVENTS:
            raise _refusal("too_many", "条目过多。", "Too many entries.")
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
