"""The documents tell the truth: every block is run, and answers what it says."""

import os
import subprocess
import sys
from importlib.util import module_from_spec, spec_from_file_location

import pytest

from tests.e2e.conftest import ROOT, free_port, run_app, wait_until_healthy

README = (ROOT / "README.md").read_text()


@pytest.fixture(scope="module")
def writer():
    spec = spec_from_file_location("write_readme", ROOT / "scripts" / "write_readme.py")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def fresh_port(tmp_path_factory):
    """A server of its own: the README begins with an empty database."""
    folder, port = tmp_path_factory.mktemp("readme"), free_port()
    own = {"NEUROSTRATA_PORT": str(port), "NEUROSTRATA_DATA_DIR": str(folder)}
    with pytest.MonkeyPatch.context() as environment:
        for name, value in own.items():
            environment.setenv(name, value)
        run_app("migrate", os.environ)
        log, command = folder / "log", [sys.executable, "-m", "app", "serve"]
        with (
            log.open("wb") as output,
            subprocess.Popen(command, cwd=ROOT, stdout=output) as process,
        ):
            wait_until_healthy(f"http://127.0.0.1:{port}", process, log)
            yield port
            process.terminate()


def test_every_answer_in_the_readme_is_the_one_the_service_gives(writer, fresh_port):
    assert writer.rewritten(README, fresh_port) == README


@pytest.mark.parametrize("name", ["integrating.md", "wire-log.md"])
def test_every_answer_in_the_integrators_guide_is_the_one_the_service_gives(
    writer, fresh_port, name
):
    written = (ROOT / "docs" / name).read_text()
    assert writer.rewritten(written, fresh_port) == written


def test_the_readme_runs_more_than_five_curl_lines(writer):
    blocks = writer.BLOCK.findall(README)
    curls = [c for block in blocks for c in writer.commands(block) if "curl " in c]
    assert len(curls) >= 5
