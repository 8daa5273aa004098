"""Who may do what: a role, and the caller that a key or a token stands for."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from app.clinic.scopes import EVERY, LETTERS, Scopes, scope_named


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

    `principal` is the name under which they are remembered: `key:<id>`, `token:<sub>`,
    `client:<id>`, or `command` for the operator's terminal. It holds nothing secret.
    A trusted client is bound by `scopes` besides, and may name one of its `fhir_servers`.
    """

    clinic_id: str
    principal: str
    role: Role
    scopes: Scopes | None = None
    fhir_servers: tuple[str, ...] = ()

    def may(self, needed: Role) -> bool:
        """Whether they may do with all records what this role may."""
        return self.lacks_on_records(needed) is None

    def lacks_on_records(self, needed: Role) -> str | None:
        """Say what is missing to do with all records what this role may."""
        return self.lacks(needed, EVERY, LETTERS if needed.covers(Role.EDITOR) else "rs")

    def lacks(self, needed: Role, resource: str, actions: str) -> str | None:
        """Say what is missing for these deeds on a kind of resource: a role, or a scope.

        A client's scopes stand for its role. No scope is worth an admin's.
        """
        if self.scopes is None or needed is Role.ADMIN:
            has_role = self.scopes is None and self.role.covers(needed)
            return None if has_role else f"a key with the role {needed}; yours is {self.role}"
        if self.scopes.covers(resource, actions):
            return None
        missing = scope_named(resource, actions).written
        return f"the scope {missing}; yours are {self.scopes.written}"
