"""Version tags (ETags): which version of a record somebody has seen."""

from __future__ import annotations

from app.errors import PreconditionFailed, PreconditionRequired


def etag_of(version: int) -> str:
    """Write the tag of a thing's version: it changes whenever the thing does."""
    return f'"{version}"'


def check_match(if_match: str | None, etag: str) -> None:
    """Let nobody change what they have not seen.

    Raises PreconditionRequired without an If-Match, and PreconditionFailed unless it is `*` or
    has the tag. A weak tag matches nothing (RFC 9110, section 13.1.1).
    """
    if if_match is None or not if_match.strip():
        detail = "Send If-Match with the ETag of the version that you have read, or * for any."
        raise PreconditionRequired(detail)
    given = {tag.strip() for tag in if_match.split(",")}
    if not given & {"*", etag}:
        detail = "The record has changed since that version: read it again, then change it."
        raise PreconditionFailed(detail)
