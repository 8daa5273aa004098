"""R with its `survival`, found on this machine: the cohort's numbers are held against it."""

import os
import shutil
import subprocess
from functools import cache

import pytest

PACKAGES = ("survival", "jsonlite", "KMsurv")
# R sorts labels by the locale: they sort alike on every machine.
SETTINGS = {"LC_ALL": "C.UTF-8"}


@cache
def lacks():
    """Say what of R is not here; nothing where all of it is."""
    if shutil.which("Rscript") is None:
        return "R"
    asked = f"cat(setdiff(c{PACKAGES}, rownames(installed.packages())))"
    return subprocess.run(
        ["Rscript", "-e", asked], check=True, capture_output=True, text=True
    ).stdout


def run_r(script, *arguments):
    """Run an R script in its own folder and give what it printed; skip the test without R."""
    if lacks():
        pytest.skip(f"{lacks()} was not found; `make test` as root installs it")
    done = subprocess.run(
        ["Rscript", script.name, *map(str, arguments)],
        cwd=script.parent,
        env=os.environ | SETTINGS,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
