"""The survival of a cohort in another form than JSON, from the very bytes of the answer."""

from __future__ import annotations

from typing import Literal, TypeAlias

import orjson

from app.answers.cohort.picture import draw_survival
from app.answers.cohort.table import survival_csv

Form: TypeAlias = Literal["csv", "svg", "png"]


def render_survival(answer: bytes, form: Form) -> bytes:
    """Write the answer as a table or draw it. Picklable: drawing holds up its whole process."""
    document = orjson.loads(answer)
    return survival_csv(document).encode() if form == "csv" else draw_survival(document, form)
