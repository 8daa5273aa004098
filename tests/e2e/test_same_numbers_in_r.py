"""A biostatistician's check: import a CSV, export it, run the shown R script, compare every number.

The cohort has what real files have: levels in several units, bounds, several levels a patient,
dates in place of days, unknown status, patients of whom something is missing.
"""

import csv
import io
import json
import math
from datetime import date, timedelta
from random import Random

import pytest

from tests.e2e.conftest import ROOT
from tests.e2e.servers import prepare, serving
from tests.services.r import run_r

SCRIPT = ROOT / "docs" / "r" / "cohort.R"
COLUMNS = (
    "identifier", "sex", "arm", "baseline_date", "entry_days", "follow_up_date", "follow_up_days",
    "vital_status", "event_type", "pnfh", "pnfh_unit", "pnfh_specimen", "pnfh_comparator",
    "pnfh_date", "x_age",
)  # fmt: skip
ALIKE = 1e-8
BEGIN = date(2022, 1, 1)
TIMES = {"times": [180, 365, 540, 640], "tau": 640}
ARM = {"variable": "arm", "reference": "placebo"}
LEVEL = {"variable": "pnfh", "transform": "log"}


def a_messy_patient(chance, number, *, enters_late, ages):
    """The lines of one patient: one for each level."""
    arm = chance.choice(["placebo", "il2ld"])
    level = math.exp(chance.gauss(7.6, 0.8))
    rate = math.exp(0.5 * math.log(level) - 10.8 - (0.4 if arm == "il2ld" else 0))
    days = min(int(chance.expovariate(rate)) + 1, chance.randint(300, 800))
    facts = {
        "identifier": f"P{number:03}", "sex": chance.choice(["female", "male"]), "arm": arm,
        "baseline_date": BEGIN, "follow_up_days": days,
        "vital_status": chance.choice(["dead"] * 14 + ["alive"] * 5 + ["unknown"]),
    }  # fmt: skip
    if number % 3 == 0:
        facts |= {"follow_up_days": "", "follow_up_date": BEGIN + timedelta(days)}
    if number % 50 == 7:
        facts |= {"follow_up_days": "", "follow_up_date": ""}
    if number % 60 == 5:
        facts["arm"] = ""
    if enters_late and number % 4 == 0 and days > 60:
        facts["entry_days"] = chance.randint(1, 60)
    if ages:
        facts["x_age"] = chance.randint(40, 80)
    return [facts | one for one in levels_of(number, level)]


def levels_of(number, level):
    """Its levels as they are written; the latest counts."""
    ng_per_ml = {"pnfh": f"{level / 1000:.4f}", "pnfh_unit": "ng/mL", "pnfh_date": "2022-02-01"}
    ng_per_l = {"pnfh": f"{level:.1f}", "pnfh_unit": "ng/L", "pnfh_date": "2022-01-20T08:00:00.5Z"}
    below = {"pnfh": "700", "pnfh_unit": "pg/mL", "pnfh_comparator": "<",
             "pnfh_date": "2022-02-01T10:00:00Z"}  # fmt: skip
    earlier = {"pnfh": f"{level * 2:.1f}", "pnfh_unit": "pg/mL"}
    if number % 11 == 4:
        return [{}]
    found = [below if number % 13 == 5 else (ng_per_l, ng_per_ml)[number % 2]]
    if number % 7 == 3:
        found.append(earlier | ({} if number % 2 else {"pnfh_date": "2021-11-01"}))
    return [one | {"pnfh_specimen": "csf"} for one in found]


def a_messy_file(*, enters_late, ages):
    chance = Random(4)
    file = io.StringIO()
    writer = csv.DictWriter(file, COLUMNS)
    writer.writeheader()
    for number in range(300):
        writer.writerows(a_messy_patient(chance, number, enters_late=enters_late, ages=ages))
    return file.getvalue()


@pytest.fixture(
    scope="module",
    params=[{"enters_late": False, "ages": True}, {"enters_late": True, "ages": False}],
    ids=["from baseline", "delayed entry"],
)
def both(request, tmp_path_factory):
    """Give what R prints about the service's export, and how to ask the service the same."""
    folder = tmp_path_factory.mktemp("clinic")
    key = prepare(data_dir=folder)
    with serving(folder) as live:
        csv_file = {"content-type": "text/csv"}
        sent = a_messy_file(**request.param)
        kept = live.ask("POST", "/v1/imports", key, content=sent, headers=csv_file)
        assert kept.status_code == 201, kept.text
        export = live.ask("GET", "/v1/exports/patients", key, headers={"accept": "text/csv"})
        (folder / "export.csv").write_bytes(export.content)

        def ask(path, **body):
            answer = live.ask("POST", path, key, json=body, headers={"prefer": "wait=60"})
            assert answer.status_code == 200, answer.text
            return answer.json()

        yield json.loads(run_r(SCRIPT, folder / "export.csv")), ask, request.param


def differences(theirs, ours, place=""):
    """Every place where R has something that the service has not, or another number."""
    if isinstance(theirs, dict):
        for name, value in theirs.items():
            if name in ours:
                yield from differences(value, ours[name], f"{place}/{name}")
            else:
                yield f"{place}/{name}", "is missing"
    elif isinstance(theirs, list) and isinstance(ours, list) and len(theirs) == len(ours):
        for i, pair in enumerate(zip(theirs, ours, strict=True)):
            yield from differences(*pair, f"{place}/{i}")
    elif isinstance(theirs, float) and isinstance(ours, int | float):
        if not math.isclose(theirs, ours, rel_tol=ALIKE, abs_tol=ALIKE):
            yield place, (theirs, ours)
    elif theirs != ours:
        yield place, (theirs, ours)


def in_order(answer):
    """The same answer, what has no order of its own sorted, reasons that left nobody out gone."""
    excluded = [one for one in answer["excluded"] if one["n"]]
    answer = answer | {"excluded": sorted(excluded, key=lambda one: one["reason"])}
    if "groups" in answer:
        by_label = sorted(answer["groups"], key=lambda one: json.dumps(one["group"]))
        answer["groups"] = [one for one in by_label if one.get("n") is not None]
    return answer


@pytest.mark.parametrize(
    ("group_by", "name"), [(["arm"], "by_arm"), (["arm", "stratum"], "by_arm_and_stratum")]
)
def test_r_prints_the_numbers_of_the_curves(both, group_by, name):
    theirs, ask, _ = both
    theirs, ours = theirs[name], ask("/v1/cohort/survival", group_by=group_by, **TIMES)
    assert list(differences(in_order(theirs), in_order(ours))) == []
    assert len(theirs["groups"]) >= 2
    assert theirs["log_rank"]["degrees_of_freedom"] == len(theirs["groups"]) - 1
    assert {one["reason"] for one in theirs["excluded"]} >= {"arm_missing", "vital_status_unknown"}


def test_r_prints_the_numbers_of_the_model(both):
    theirs, ask, cohort = both
    theirs = dict(theirs["model"])
    ages = [{"variable": "x_age"}] if cohort["ages"] else []
    ours = ask("/v1/cohort/models", terms=[ARM, LEVEL, *ages], interactions=[["arm", "pnfh"]])
    assert theirs.pop("reference") == ARM["reference"]
    assert list(differences(in_order(theirs), in_order(ours))) == []
    assert theirs["coefficients"][0]["term"] == "arm[il2ld]"
    assert theirs["proportional_hazards"][-1]["term"] == "GLOBAL"
    assert {one["reason"] for one in theirs["excluded"]} >= {"pnfh_missing", "arm_missing"}


def test_a_number_that_differs_would_be_seen(both):
    theirs, _, _ = both
    changed = json.loads(json.dumps(theirs))
    changed["model"]["coefficients"][0]["coefficient"] += 1e-6
    assert [place for place, _ in differences(theirs, changed)] == [
        "/model/coefficients/0/coefficient"
    ]
