"""A process is an ordered set of nodes, each with the conditions that drive its clocks."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol, Self, TypeVar

from .conditions import Condition
from .faults import Reader, Text, below

T = TypeVar("T")
D = TypeVar("D")

MAX_NODES = 100

_OPTIONAL = (
    *("start_at", "finish", "cancel", "pause", "resume", "reset"),
    *("department", "position", "after", "finishes_when_later_starts", "resolves"),
)
_UNNAMED = Text("", "")
_NEVER = Condition({}, lambda _event, _previous: False)


class Ordered(Protocol):
    """What stands in an order: its name, and the names of what comes before it."""

    @property
    def code(self) -> str: ...

    @property
    def after(self) -> tuple[str, ...]: ...


@dataclass(frozen=True, slots=True)
class Node:
    """A key point of a process (节点).

    A department or position that is not fixed here is taken from the events. `start_at` names the
    time of an event that starts the clock instead of the event's own. `after` names the nodes
    that come before this one. A case that has finished a node that `resolves` is resolved.
    """

    code: str
    name: Text
    start: Condition
    start_at: str | None = None
    finish: Condition | None = None
    cancel: Condition | None = None
    pause: Condition | None = None
    resume: Condition | None = None
    reset: Condition | None = None
    department: str | None = None
    position: str | None = None
    after: tuple[str, ...] = ()
    finishes_when_later_starts: bool = True
    resolves: bool = False


@dataclass(frozen=True, slots=True)
class Process:
    """`later` holds, for every node, the codes of the nodes that follow it, however far."""

    code: str
    version: int
    name: Text
    nodes: tuple[Node, ...]
    later: Mapping[str, frozenset[str]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "later", _later(self.nodes))

    @classmethod
    def of(cls, plain: object) -> Self:
        """A process from plain data; raises InvalidDefinitionError with every fault.

        `{"code": ..., "version": 1, "name": {"zh": ..., "en": ...}, "nodes": [...]}`. A node
        needs `code`, `name` and `start`; without `after` it follows the node before it. Any other
        member that is null counts as left out.
        """
        reader = Reader()
        members = reader.fields(plain, "", ("code", "version", "name", "nodes"))
        process = cls(
            code=reader.part(members, "code", "", reader.code, ""),
            version=reader.part(members, "version", "", partial(_version, reader), 1),
            name=reader.part(members, "name", "", reader.names, _UNNAMED),
            nodes=reader.part(members, "nodes", "", partial(_nodes, reader), ()),
        )
        _check_order(reader, process)
        reader.finish()
        return process

    @property
    def last_nodes(self) -> frozenset[str]:
        """The nodes that no other follows."""
        return frozenset(code for code, later in self.later.items() if not later)

    @property
    def resolving_nodes(self) -> frozenset[str]:
        """The nodes that resolve a case; the last ones where none says that it does."""
        said = frozenset(node.code for node in self.nodes if node.resolves)
        return said or self.last_nodes

    @property
    def re_openings(self) -> frozenset[tuple[str, str]]:
        """Pairs of a node that resolves a case and one that, visited again after it, re-opens it.

        What follows the resolving node, such as its confirmation, is no work on the case.
        """
        return frozenset(
            (resolving, node.code)
            for resolving in self.resolving_nodes
            for node in self.nodes
            if node.code not in self.later[resolving]
        )


def _version(reader: Reader, plain: object, pointer: str) -> int:
    if isinstance(plain, int) and not isinstance(plain, bool) and plain > 0:
        return plain
    reader.fault(pointer, "bad_version")
    return 1


def _nodes(reader: Reader, plain: object, pointer: str) -> tuple[Node, ...]:
    if isinstance(plain, list | tuple) and not plain:
        reader.fault(pointer, "empty")
    nodes: list[Node] = []
    for where, item in reader.items(plain, pointer, MAX_NODES):
        preceding = (nodes[-1].code,) if nodes else ()
        nodes.append(_node(reader, item, where, preceding))
    return tuple(nodes)


def _node(reader: Reader, plain: object, pointer: str, preceding: tuple[str, ...]) -> Node:
    given = reader.fields(plain, pointer, ("code", "name", "start"), _OPTIONAL)
    members = {k: v for k, v in given.items() if v is not None or k not in _OPTIONAL}
    condition = partial(Condition.read, reader)

    def part(key: str, read: Callable[[object, str], T], default: D) -> T | D:
        return reader.part(members, key, pointer, read, default)

    return Node(
        code=part("code", reader.code, ""),
        name=part("name", reader.names, _UNNAMED),
        start=part("start", condition, _NEVER),
        after=part("after", partial(_codes, reader), preceding),
        finishes_when_later_starts=part("finishes_when_later_starts", reader.flag, True),
        resolves=part("resolves", reader.flag, False),
        start_at=part("start_at", reader.text, None),
        finish=part("finish", condition, None),
        cancel=part("cancel", condition, None),
        pause=part("pause", condition, None),
        resume=part("resume", condition, None),
        reset=part("reset", condition, None),
        department=part("department", reader.text, None),
        position=part("position", reader.text, None),
    )


def _codes(reader: Reader, plain: object, pointer: str) -> tuple[str, ...]:
    return tuple(reader.code(item, where) for where, item in reader.items(plain, pointer))


def _check_order(reader: Reader, process: Process) -> None:
    """Every code once, every reference known, no node after itself."""
    # A code given twice is one fault; it must not look like a cycle as well.
    firsts = {node.code: node for node in reversed(process.nodes)}
    later = _later(firsts.values())
    cyclic: set[str] = set()
    for index, node in enumerate(process.nodes):
        pointer = below("/nodes", index)
        for place, code in enumerate(node.after):
            if code and code not in later:
                reader.fault(below(below(pointer, "after"), place), "unknown_reference", code)
        if node is not firsts[node.code]:
            if node.code:
                reader.fault(below(pointer, "code"), "duplicate", node.code)
            continue
        ring = [] if node.code in cyclic else _ring(process, later, node.code)
        if ring:
            reader.fault(below(pointer, "after"), "cycle", *ring)
        cyclic.update(ring)


def _ring(process: Process, later: Mapping[str, frozenset[str]], code: str) -> list[str]:
    """The nodes that come both before and after this one, itself among them, as they are listed."""
    codes = dict.fromkeys(node.code for node in process.nodes)
    return [other for other in codes if other in later[code] and code in later[other]]


def _later(nodes: Iterable[Node]) -> dict[str, frozenset[str]]:
    following: dict[str, set[str]] = {node.code: set() for node in nodes}
    for node in nodes:
        for code in node.after:
            following.get(code, set()).add(node.code)
    return {code: _reached(following, code) for code in following}


def _reached(following: Mapping[str, set[str]], start: str) -> frozenset[str]:
    reached: set[str] = set()
    ahead = list(following[start])
    while ahead:
        code = ahead.pop()
        if code not in reached:
            reached.add(code)
            ahead.extend(following[code])
    return frozenset(reached)
