"""Answers about a cohort as the wire carries them, and what can be read in their pictures."""

import re
from html import unescape
from xml.etree import ElementTree as ET

SVG = "{http://www.w3.org/2000/svg}"

# Six patients: deaths on days 2, 4 and 7, censorings on days 4, 5 and 9.
CURVE = {
    "time": [0, 2, 4, 5, 7, 9],
    "survival": [1.0, 5 / 6, 5 / 6 * 4 / 5, 4 / 6, 4 / 6 * 1 / 2, 1 / 3],
    "lower": [1.0, 0.27, 0.19, 0.19, 0.05, None],
    "upper": [1.0, 0.97, 0.90, 0.90, 0.80, None],
    "at_risk": [6, 6, 5, 3, 2, 1],
    "events": [0, 1, 1, 0, 1, 0],
    "censored": [0, 0, 1, 1, 0, 1],
}
MEDIAN = {"value": 7, "lower": 2, "upper": None, "reached": True}
INCIDENCE = {"time": [0, 2, 7], "probability": [0, 0.1, 0.2], "lower": [0, 0, 0.1],
             "upper": [0, 0.2, None]}  # fmt: skip


def a_group(label, **known):
    return {"group": label, "n": 6, "events": 3, "curve": CURVE, "median": MEDIAN} | known


def a_suppressed(label):
    return {"group": label, "suppressed": True}


def an_answer(*groups, **known):
    return {
        "time_unit": "day",
        "level": 0.95,
        "ci_method": "log-log",
        "n_total": 20,
        "n_used": 12,
        "excluded": [{"reason": "vital_status_unknown", "n": 8}, {"reason": "late", "n": 0}],
        "minimum_group": 10,
        "groups": list(groups),
        "log_rank": {"statistic": 1.234, "degrees_of_freedom": 1, "p_value": 0.0167},
        "contrasts": [],
        "notices": [],
    } | known


def parsed(svg):
    """Give the tree of a drawing, with the comments in which its letters can be read."""
    return ET.fromstring(svg, ET.XMLParser(target=ET.TreeBuilder(insert_comments=True)))


def texts(svg):
    """Give every text of a drawing in the order of drawing."""
    return [unescape(one.text.strip()) for one in parsed(svg).iter() if one.tag is ET.Comment]


def told(svg):
    """Give what is told to who cannot see: the title, and the sentences."""
    title, description = (parsed(svg).find(SVG + name) for name in ("title", "desc"))
    return title.text, description.text.split("\n")


def path_of(svg, name):
    """Give the corners of the line with this id, as points from the left and from the top."""
    line = parsed(svg).find(f".//{SVG}g[@id='{name}']/{SVG}path")
    corners = re.findall(r"[ML] (\S+) (\S+)", line.get("d"))
    return [(float(x), float(y)) for x, y in corners]
