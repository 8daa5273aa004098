"""Patients by hand: days with a mark for what ended them."""

import numpy as np

from app.cohort.curves.kaplan_meier import kaplan_meier
from app.cohort.curves.risk_table import risk_table
from app.cohort.follow_up import CENSORED, COMPETING, DEATH, FollowUp

MARKS = {"+": CENSORED, "": DEATH, "*": COMPETING}


def followed(text, entry=None):
    """Follow-up as textbooks write it: `5` died on day 5, `5+` was censored, `5*` competed."""
    words = text.split()
    days = [float(word.rstrip("+*")) for word in words]
    event = [MARKS[word.lstrip("0123456789.")] for word in words]
    late = None if entry is None else np.array(entry, float)
    return FollowUp(np.array(days), np.array(event, np.int8), late)


def the_curve(text, entry=None, level=0.95):
    """The Kaplan-Meier curve of all of them."""
    return kaplan_meier(risk_table(followed(text, entry)), level)
