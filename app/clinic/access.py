"""Who may do what: a role, and the caller that a key stands for."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What a key may do. Each role may do all that the ones before it may."""

    VIEWER = "viewer"
    EDITOR = "editor"
    ADMIN = "admin"

    def covers(self, needed: Role) -> bool:
        """Whether this role is at least as great as the one that is needed."""
        ascending = list(Role)
        return ascending.index(self) >= ascending.index(needed)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: a key of a clinic. Nothing outside that clinic exists for it."""

    clinic_id: str
    key_id: str
    role: Role
