"""Facts and covariates of patients as columns: which values are read, and what becomes of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement

from app.clinic.filter import COVARIATE, PNFH, STRATUM
from app.cohort.columns import CategoricalColumn, Column, NumericColumn
from app.db.cohort_terms import as_number
from app.db.patients import patient
from app.db.terms import covariate_number, covariate_text
from app.db.text_codes import mixed

TEXTS: Final = ("sex", "onset_site", "el_escorial", "arm")
NUMBERS: Final = ("birth_year", "age_at_baseline", "alsfrs_r", "svc_percent")
YES_OR_NO: Final = ("c9orf72", "ftd")
VARIABLES: Final = (*TEXTS, *NUMBERS, *YES_OR_NO, PNFH, STRATUM)
"""What may be asked of each patient, beside the covariates: `x_` and their name."""


@dataclass(frozen=True, slots=True)
class Facts:
    """Variables that stand in the patients' own rows. A covariate is read as both kinds."""

    plain: tuple[str, ...]
    written: tuple[str, ...]
    covariates: tuple[str, ...]

    @classmethod
    def among(cls, names: Iterable[str]) -> Facts:
        """Those of the variables that are facts or covariates."""
        known = tuple(dict.fromkeys(names))
        return cls(
            tuple(name for name in known if name in (*NUMBERS, *YES_OR_NO)),
            tuple(name for name in known if name in TEXTS),
            tuple(name for name in known if name.startswith(COVARIATE)),
        )

    @property
    def numbers(self) -> list[ColumnElement[Any]]:
        """What is read as numbers."""
        return [
            *(as_number(patient.c[name]) for name in self.plain),
            *(covariate_number(patient.c.covariates, name) for name in self._bare),
        ]

    @property
    def texts(self) -> list[ColumnElement[Any]]:
        """What is read as texts."""
        return [
            *(patient.c[name] for name in self.written),
            *(covariate_text(patient.c.covariates, name) for name in self._bare),
        ]

    def columns(
        self, numbers: Sequence[NDArray[np.float64]], texts: Sequence[CategoricalColumn]
    ) -> dict[str, Column]:
        """The variables, of what was read in the order of `numbers` and `texts`."""
        by_number = dict(zip([*self.plain, *self.covariates], numbers, strict=True))
        by_text = dict(zip([*self.written, *self.covariates], texts, strict=True))
        columns: dict[str, Column] = {name: NumericColumn(by_number[name]) for name in self.plain}
        columns |= {name: by_text[name] for name in self.written}
        return columns | {name: mixed(by_number[name], by_text[name]) for name in self.covariates}

    @property
    def _bare(self) -> list[str]:
        return [name.removeprefix(COVARIATE) for name in self.covariates]
