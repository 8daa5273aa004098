"""From a fit of a clinic's own patients to a document of evidence, and from its bytes to a study.

A document is checked by the same rules as the library's files, and it never changes: its digest
is that of its bytes.
"""

from __future__ import annotations

from collections import OrderedDict
from hashlib import sha256
from typing import TYPE_CHECKING, Final

import orjson
from pydantic import ValidationError

from app.errors import EvidenceFault
from app.evidence.build_fitted import FittedStudyBuilder
from app.evidence.fitted_format import FittedFile
from app.evidence.library import Entry

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

KEPT: Final = 64
"""How many studies of clinics are kept built: each takes some hundred kilobytes at most."""


def write_document(document: Mapping[str, Any]) -> bytes:
    """The bytes of a document. Raises EvidenceFault where it breaks the rules of evidence."""
    content = orjson.dumps(document)
    read_entry(content)
    return content


def read_entry(content: bytes) -> Entry:
    """A document as the library holds its files. Raises EvidenceFault where it breaks its rules."""
    try:
        file = FittedFile.model_validate_json(content)
        digest = digest_of(content)
        return Entry(digest, file, FittedStudyBuilder(file).build(digest), None)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise EvidenceFault(f"{place}: {first['msg']}") from None
    except (ValueError, ArithmeticError) as error:
        raise EvidenceFault(str(error.args[-1])) from None


def digest_of(content: bytes) -> str:
    """What names exactly these bytes."""
    return f"sha256:{sha256(content).hexdigest()}"


class FittedStudies:
    """Studies built from documents, the latest used first to stay. Keyed by digest alone.

    A digest is of one clinic's document, and who asks has found that document in their own clinic.
    """

    def __init__(self, most: int = KEPT) -> None:
        self._most = most
        self._built: OrderedDict[str, Entry] = OrderedDict()

    def entry(self, content: bytes, digest: str) -> Entry:
        """The entry of a document. Raises EvidenceFault if its bytes have another digest."""
        entry = self._built.get(digest)
        if entry is None:
            entry = read_entry(content)
            if entry.digest != digest:
                raise EvidenceFault("a kept document of evidence is not what its digest says")
            self._built[digest] = entry
            if len(self._built) > self._most:
                self._built.popitem(last=False)
        self._built.move_to_end(digest)
        return entry
