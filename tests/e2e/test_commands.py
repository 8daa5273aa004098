"""`python -m app …` as its users run it: what it does, and how a start that cannot be fails."""

import json
import os
import shutil
import socket
import subprocess
import sys
from hashlib import sha256

import pytest

from app import __version__
from app.evidence.library import DIGESTS, SHELF
from tests.e2e.conftest import PATIENCE, ROOT

FILE = "mirocals-2025.yaml"
CANARY = "c4n4ry"
WRONG = [
    ({"port": "70000", "header_seconds": "0", "log_level": CANARY},
     ["PORT", "HEADER_SECONDS", "LOG_LEVEL"]),
    ({"audit_key": CANARY}, ["AUDIT_KEY"]),
    ({"database_url": f"mysql://{CANARY}:{CANARY}@localhost/a"}, ["DATABASE_URL"]),
]  # fmt: skip


def run(*words, cwd=ROOT, **own):
    """Run a command to its end."""
    settings = {f"NEUROSTRATA_{name.upper()}": value for name, value in own.items()}
    return subprocess.run(
        [sys.executable, "-m", "app", *words], cwd=cwd, env=os.environ | settings,
        capture_output=True, text=True, timeout=PATIENCE, check=False,
    )  # fmt: skip


def assert_one_line(ended):
    """Check that a command failed with one line for people, not with a traceback."""
    assert ended.returncode == 1, ended
    assert ended.stdout == ""
    assert ended.stderr.startswith("neurostrata: ")
    assert len(ended.stderr.splitlines()) == 1


def broken_shelf(folder):
    """Copy the evidence, with a hazard ratio above its own interval."""
    shelf = folder / "library"
    shutil.copytree(SHELF, shelf, dirs_exist_ok=True)
    text = (shelf / FILE).read_text(encoding="utf-8")
    lines = text.replace("value: 0.52,", "value: 5.2,").splitlines(keepends=True)
    changed = [n for n, new in enumerate(lines, 1) if new != text.splitlines(keepends=True)[n - 1]]
    content = "".join(lines).encode()
    (shelf / FILE).write_bytes(content)
    known = (SHELF / DIGESTS).read_text()
    old = sha256((SHELF / FILE).read_bytes()).hexdigest()
    (shelf / DIGESTS).write_text(known.replace(old, sha256(content).hexdigest()))
    return shelf, changed[0]


def test_the_evidence_of_this_release_is_good():
    ended = run("evidence", "check")
    assert ended.returncode == 0
    assert len(ended.stdout.splitlines()) == len(list(SHELF.glob("*.yaml")))
    assert all(": good, sha256:" in line for line in ended.stdout.splitlines())


def test_a_broken_evidence_file_is_told_with_its_line_and_reason(tmp_path):
    shelf, line = broken_shelf(tmp_path)
    ended = run("evidence", "check", str(shelf))
    assert_one_line(ended)
    assert f"{FILE}, line {line}: " in ended.stderr
    assert "must lie between lower and upper" in ended.stderr


def test_an_edited_evidence_file_is_told_as_such(tmp_path):
    shelf = tmp_path / "library"
    shutil.copytree(SHELF, shelf)
    with (shelf / FILE).open("a") as file:
        file.write("\n")
    ended = run("evidence", "check", str(shelf))
    assert_one_line(ended)
    assert FILE in ended.stderr
    assert "digest" in ended.stderr


def test_a_service_with_a_broken_evidence_file_does_not_start(tmp_path):
    shutil.copytree(ROOT / "app", tmp_path / "app", ignore=shutil.ignore_patterns("__pycache__"))
    shelf, line = broken_shelf(tmp_path)
    shutil.copytree(shelf, tmp_path / "app/evidence/library", dirs_exist_ok=True)
    ended = run("serve", cwd=tmp_path, port="0", data_dir=str(tmp_path))
    assert_one_line(ended)
    assert f"{FILE}, line {line}" in ended.stderr


@pytest.mark.parametrize(("wrong", "named"), WRONG)
def test_a_wrong_setting_stops_the_start_and_is_named_without_its_value(tmp_path, wrong, named):
    ended = run("serve", **{"data_dir": str(tmp_path), "port": "0"} | wrong)
    assert_one_line(ended)
    for name in named:
        assert f"NEUROSTRATA_{name}" in ended.stderr
    assert CANARY not in ended.stderr


def test_a_port_that_is_taken_stops_the_start_and_is_named(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        ended = run("serve", port=port, data_dir=str(tmp_path))
    assert ended.returncode != 0
    assert port in ended.stderr
    assert "in use" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_the_openapi_document_is_printed_or_written(tmp_path):
    printed = run("openapi")
    written = run("openapi", "--out", str(tmp_path / "openapi.json"))
    assert (printed.returncode, written.returncode, written.stdout) == (0, 0, "")
    assert (tmp_path / "openapi.json").read_text(encoding="utf-8") == printed.stdout
    assert json.loads(printed.stdout)["info"]["version"] == __version__


@pytest.mark.parametrize("name", ["missing/out", "folder", "a" * 300])
@pytest.mark.parametrize("command", ["openapi", "export"])
def test_a_file_that_cannot_be_written_is_told_by_the_name_it_was_given(tmp_path, command, name):
    run("migrate", data_dir=str(tmp_path))
    run("keys", "create", "--clinic", "North", "--role", "viewer", data_dir=str(tmp_path))
    (tmp_path / "folder").mkdir()
    out = str(tmp_path / name)
    ended = run(command, "--out", out, data_dir=str(tmp_path))
    assert_one_line(ended)
    assert f"{out}: " in ended.stderr


@pytest.mark.parametrize("force", [[], ["--force"]])
def test_an_export_is_not_made_for_a_place_that_is_none(tmp_path, force):
    ended = run("export", "--out", str(tmp_path), *force, data_dir=str(tmp_path / "data"))
    assert_one_line(ended)
    assert f"{tmp_path}: Is a directory." in ended.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_data_folder_that_cannot_be_made_is_told(tmp_path):
    (tmp_path / "file").touch()
    folder = tmp_path / "file" / "data"
    ended = run("migrate", data_dir=str(folder))
    assert_one_line(ended)
    assert str(tmp_path / "file") in ended.stderr
    for words in (["export"], ["serve"], ["keys", "list"], ["retention"], ["backup", "b"]):
        assert_one_line(run(*words, data_dir=str(folder), port="0"))


@pytest.mark.parametrize("patient", ["ID", "3b1f0c52-8d3e-4c55-9a55-0f9d2c6b7e10"])
def test_nobody_is_looked_for_in_a_database_that_is_not_migrated(tmp_path, patient):
    ended = run("erase", patient, "--yes", data_dir=str(tmp_path))
    assert_one_line(ended)
    assert "not migrated" in ended.stderr


def test_a_command_says_whether_it_lacks_a_clinic_or_the_name_of_one(tmp_path):
    run("migrate", data_dir=str(tmp_path))
    assert "There is no clinic yet" in run("export", data_dir=str(tmp_path)).stderr
    for name in ("North", "South"):
        run("keys", "create", "--clinic", name, "--role", "viewer", data_dir=str(tmp_path))
    ended = run("export", data_dir=str(tmp_path))
    assert_one_line(ended)
    assert "There are several clinics: say which one with --clinic NAME." in ended.stderr


def test_the_health_of_a_running_service_is_told(server):
    ended = run("health", server)
    assert (ended.returncode, ended.stdout) == (0, "ok\n")


def test_the_health_of_no_service_is_a_failure():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
    ended = run("health", port=str(port))
    assert_one_line(ended)
    assert str(port) in ended.stderr


@pytest.mark.parametrize("words", [["bogus"], ["serve", "--bogus"], ["evidence", "bogus"]])
def test_an_unknown_command_is_refused_with_help(words):
    ended = run(*words)
    assert ended.returncode == 2
    assert "bogus" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_help_lists_every_command():
    ended = run("--help")
    assert ended.returncode == 0
    for command in ("serve", "migrate", "keys", "evidence", "openapi", "health"):
        assert command in ended.stdout
