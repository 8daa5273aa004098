"""The words of the problem pages, read from `problem_texts.yaml`."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

FILE = Path(__file__).with_name("problem_texts.yaml")
EXAMPLE_REQUEST_ID = "01JD2R7M4QZ8V5X9K3T6B1C0NH"


@dataclass(frozen=True, slots=True)
class ProblemText:
    """What one problem type means, and what would help."""

    slug: str
    status: int
    title: str
    what_happened: str
    what_helps: str
    detail: str
    instance: str
    errors: list[dict[str, str]] = field(default_factory=list)

    @property
    def example_document(self) -> str:
        """A problem document as the service would send it, laid out for reading."""
        document = {
            "type": f"/problems/{self.slug}",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "instance": self.instance,
            "request_id": EXAMPLE_REQUEST_ID,
        }
        if self.errors:
            document["errors"] = self.errors
        return json.dumps(document, indent=2, ensure_ascii=False)


def read_problem_texts(file: Path = FILE) -> dict[str, ProblemText]:
    """Every problem type by its slug, in the order of status codes."""
    entries: list[dict[str, Any]] = yaml.safe_load(file.read_text(encoding="utf-8"))
    texts = [ProblemText(**entry.pop("example"), **entry) for entry in entries]
    return {text.slug: text for text in sorted(texts, key=lambda text: text.status)}
