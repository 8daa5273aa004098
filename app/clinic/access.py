"""Who may do what: a role, and the caller that a key or a token stands for."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What a caller may do. Each role may do all that the ones before it may."""

    VIEWER = "viewer"
    EDITOR = "editor"
    ADMIN = "admin"

    def covers(self, needed: Role) -> bool:
        """Whether this role is at least as great as the one that is needed."""
        ascending = list(Role)
        return ascending.index(self) >= ascending.index(needed)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, for one clinic. Nothing outside that clinic exists for them.

    `principal` is the name under which they are remembered: `key:<id>`, `token:<sub>`, or
    `command` for the operator's terminal. It holds nothing secret.
    """

    clinic_id: str
    principal: str
    role: Role
