"""YAML that remembers its lines, so that a fault can be found where it stands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import yaml

from app.errors import EvidenceFault

Path: TypeAlias = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class MarkedDocument:
    """Plain data, and the line (from 1) on which each part of it begins."""

    name: str
    data: Any
    lines: dict[Path, int]

    def fault(self, path: Path, reason: str) -> EvidenceFault:
        """The fault at a path, or at the nearest part above it that stands in the file."""
        known = path
        while known and known not in self.lines:
            known = known[:-1]
        place = ".".join(str(part) for part in path) or "document"
        return EvidenceFault(f"{self.name}, line {self.lines.get(known, 1)}: {place}: {reason}")


def read_marked_yaml(name: str, text: str) -> MarkedDocument:
    """Parse YAML safely. Raises EvidenceFault with the line on bad syntax or a repeated key."""
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise EvidenceFault(f"{name}, line {line}: not YAML: {error.problem}") from None
    lines: dict[Path, int] = {}
    try:
        if node is not None:
            _mark(name, node, (), lines)
    except RecursionError:
        raise EvidenceFault(f"{name}, line 1: a part of the file holds itself") from None
    return MarkedDocument(name, yaml.safe_load(text), lines)


def _mark(name: str, node: yaml.Node, path: Path, lines: dict[Path, int]) -> None:
    lines[path] = node.start_mark.line + 1
    if isinstance(node, yaml.SequenceNode):
        for position, item in enumerate(node.value):
            _mark(name, item, (*path, position), lines)
    elif isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            inner = (*path, key.value)
            if inner in lines:
                line = key.start_mark.line + 1
                raise EvidenceFault(f"{name}, line {line}: {key.value} is given twice")
            _mark(name, value, inner, lines)
