"""What docs/client.md and docs/conformance.md show runs, and says what it should."""

import re
import shlex
import subprocess
import sys

import pytest

from app.integrations.conformance.vectors import read_vectors
from tests.e2e.conftest import ROOT
from tests.e2e.servers import prepare, run_app, serving

CLIENT = (ROOT / "docs/client.md").read_text(encoding="utf-8")
CONFORMANCE = (ROOT / "docs/conformance.md").read_text(encoding="utf-8")
ADDRESS = "http://127.0.0.1:8000"


@pytest.fixture(scope="module")
def live(tmp_path_factory):
    """Run a server with a clinic, and give its address and a key."""
    folder = tmp_path_factory.mktemp("client-docs")
    key = prepare(data_dir=folder)
    with serving(folder) as server:
        yield server.address, key


def blocks(text, language):
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def shown(address=ADDRESS, key="nst_…"):
    """Give the whole program that the page shows, for a service and a key."""
    program = "\n\n".join(blocks(CLIENT, "python"))
    return program.replace(ADDRESS, address).replace("nst_…", key)


def test_the_client_needs_nothing_but_httpx_and_pydantic(live, tmp_path):
    """The environment of the generators has these two, and nothing of the service's."""
    program = tmp_path / "shown.py"
    program.write_text(shown(*live))
    done = subprocess.run(
        [ROOT / "build/openapi-clients/bin/python", program], capture_output=True, text=True,
        env={"PYTHONPATH": str(ROOT)}, check=False, timeout=60,
    )  # fmt: skip
    assert done.stderr == ""
    assert done.stdout.splitlines() == [
        "0.52 0.3 0.89", "row-1 no_estimate", "True", "SITE-0042", "['SITE-0042']",
        done.stdout.splitlines()[-1],
    ]  # fmt: skip
    assert re.fullmatch(r"422 unit-not-supported /unit [0-9a-f]{32}", done.stdout.splitlines()[-1])


def test_a_program_that_uses_the_client_is_typed(tmp_path):
    program = tmp_path / "shown.py"
    program.write_text(shown() + "\nreveal_type(ratio.lower)\nreveal_type(kept.content.alsfrs_r)\n")
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--follow-imports=silent", "--config-file=",
         "--no-error-summary", program],
        cwd=tmp_path, env={"MYPYPATH": str(ROOT)}, capture_output=True, text=True, check=False,
        timeout=170,
    )  # fmt: skip
    revealed = re.findall(r'Revealed type is "(.*)"', done.stdout)
    assert [one.replace("builtins.", "") for one in revealed] == ["float | None", "int | None"]
    assert "error" not in done.stdout, done.stdout


def test_the_commands_of_conformance_pass(live, tmp_path):
    address, key = live
    (tmp_path / "key.txt").write_text(key)
    lines = [line for block in blocks(CONFORMANCE, "sh") for line in block.splitlines()]
    commands = [shlex.split(line)[3:] for line in lines if " -m app " in line]
    assert len(commands) == 3
    for words in commands:
        told = [address if word == ADDRESS else word for word in words]
        told = [str(tmp_path / word) if word == "key.txt" else word for word in told]
        done = run_app(*told)
        assert done.returncode == 0, done.stdout + done.stderr
    total = sum(one["native"] is not None for one in read_vectors().document["vectors"])
    assert f"\nvectors 1: {total}/{total}\n" in CONFORMANCE
