"""`python -m app demo`: a synthetic trial to look at, told as such, and never beside real rows."""

import csv
import json
import re
import subprocess

import pytest

from app.cli.demo import CLINIC
from app.cohort.simulate import simulate_trial
from tests.builders import MIROCALS
from tests.e2e.conftest import PATIENCE, ROOT, free_port
from tests.e2e.servers import run_app, serving
from tests.services.databases import empty_settings  # noqa: F401 - a fixture


@pytest.fixture
def own(empty_settings, tmp_path):  # noqa: F811 - the fixture above
    """Give the settings of a migrated, empty database."""
    url = empty_settings.database_url
    settings = {"data_dir": tmp_path, "audit_key": "k" * 40} | (
        {"database_url": url} if url else {}
    )
    assert run_app("migrate", **settings).returncode == 0
    return settings


def exported(own, clinic=CLINIC):
    done = run_app("export", "--clinic", clinic, **own)
    assert done.returncode == 0, done.stderr
    return list(csv.DictReader(done.stdout.splitlines()))


def told(value):
    return "" if value is None else str(value)


def test_the_trial_is_loaded_once_as_it_was_drawn_and_told_as_synthetic(own):
    done = run_app("demo", **own)
    assert (done.returncode, done.stderr) == (0, "")
    assert "220 patients" in done.stdout
    assert "Nobody in it is real." in done.stdout
    assert "seed 42" in done.stdout
    assert f"keys create --clinic '{CLINIC}' --role viewer" in done.stdout
    rows, drawn = exported(own), simulate_trial(MIROCALS)
    assert len(rows) == len(drawn) == 220
    for row, one in zip(rows, drawn, strict=True):
        assert {name: row[name] for name in one.__slots__} == {
            name: told(getattr(one, name)) for name in one.__slots__
        }
    assert run_app("audit", "verify", **own).returncode == 0
    again = run_app("demo", **own)
    assert (again.returncode, again.stderr) == (0, "")
    assert f'The synthetic trial is in "{CLINIC}" already.' in again.stdout
    assert exported(own) == rows


def test_it_is_never_put_beside_real_patients(own, tmp_path):
    run_app("keys", "create", "--clinic", "North", "--role", "editor", **own)
    file = tmp_path / "real.csv"
    file.write_text("identifier\nSITE-1\n")
    run_app("import", str(file), "--clinic", "North", **own)
    refused = run_app("demo", "--clinic", "North", **own)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert '"North" has patients of its own.' in refused.stderr
    assert [row["identifier"] for row in exported(own, "North")] == ["SITE-1"]
    assert run_app("demo", "--clinic", "Beside", **own).returncode == 0
    assert len(exported(own, "Beside")) == 220


def test_it_says_what_is_missing(tmp_path):
    bare = run_app("demo", data_dir=tmp_path)
    assert (bare.returncode, "run `migrate` first" in bare.stderr) == (1, True)
    nameless = run_app("demo", "--clinic", " ", data_dir=tmp_path)
    assert (nameless.returncode, "1 to 200 characters" in nameless.stderr) == (1, True)


def test_what_it_proposes_to_try_answers_and_says_synthetic(tmp_path):
    own = {"data_dir": tmp_path, "port": free_port()}
    run_app("migrate", **own)
    proposed = run_app("demo", **own).stdout
    key = run_app("keys", "create", "--clinic", CLINIC, "--role", "viewer", **own).stdout.strip()
    curls = re.findall(r"^  (curl .*?'\{.*?\}')$", proposed, re.MULTILINE | re.DOTALL)
    assert len(curls) == 2
    with serving(tmp_path, **own):
        survival, model = (answer(line, key) for line in curls)
    assert survival["n_used"] == model["n"] == 220
    assert len(survival["groups"]) == 2 * 3
    assert "arm[il2ld]:log(pnfh)" in [one["term"] for one in model["coefficients"]]
    for one in (survival, model):
        assert "synthetic_data" in [notice["code"] for notice in one["notices"]]


def answer(line, key):
    done = subprocess.run(
        ["bash", "-c", f"KEY={key}\n{line}"], cwd=ROOT, capture_output=True, text=True,
        timeout=PATIENCE, check=True,
    )  # fmt: skip
    return json.loads(done.stdout)
