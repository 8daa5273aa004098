"""Revoke a trusted client: from the next request on neither it nor its tokens open anything."""

from __future__ import annotations

from app.clinic.trusted_client import TrustedClient
from app.db.trusted_clients import TrustedClientRepository
from app.use_cases.audit.act_for_operator import Turn


async def revoke_client(client: TrustedClient, *, turn: Turn) -> bool:
    """Close a client for good; False if it was closed before, which then stays as it was."""
    is_first = await TrustedClientRepository(turn.connection).revoke(client.id, turn.moment)
    if is_first:
        await turn.account("revoke_client", changes=False)
    return is_first
