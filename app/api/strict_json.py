"""Strict JSON, where the doors look for it."""

from __future__ import annotations

from app.schemas.strict_json import DEEPEST, MOST_MEMBERS, parse_json

__all__ = ["DEEPEST", "MOST_MEMBERS", "parse_json"]
