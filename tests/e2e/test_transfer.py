"""Files in and out of a real server: killed in the middle, many rows, and by the command line."""

import threading
import time

import httpx
import psutil
import pytest

from tests.e2e.servers import prepare, run_app, serving
from tests.services.databases import empty_settings  # noqa: F401 - a fixture

CSV = {"content-type": "text/csv"}
HEADER = "identifier,svc_percent,pnfh,pnfh_unit,pnfh_specimen\n"


def file_of(rows):
    lines = (f"SITE-{i},{i % 100}.5,{1000 + i % 977},pg/mL,csf\n" for i in range(rows))
    return (HEADER + "".join(lines)).encode()


@pytest.fixture
def own(empty_settings, tmp_path):  # noqa: F811 - the fixture above
    """Give the settings of an empty database."""
    url = empty_settings.database_url
    return {"data_dir": tmp_path} | ({"database_url": url} if url else {})


def patients(live, key):
    return live.ask("GET", "/v1/exports/patients", key).text.count("\n") - 1


@pytest.mark.parametrize("after", [0.3, 1.0])
def test_an_import_that_is_killed_leaves_nothing(own, tmp_path, after):
    key = prepare(**own)
    body = file_of(60_000)
    with serving(tmp_path, **own) as live:
        acknowledged = []

        def send():
            try:
                acknowledged.append(live.ask("POST", "/v1/imports", key, content=body, headers=CSV))
            except httpx.HTTPError:
                return

        sender = threading.Thread(target=send)
        sender.start()
        time.sleep(after)
        live.process.kill()
        live.process.wait()
        sender.join()
    with serving(tmp_path, **own) as live:
        # Never a part: all of it, if it was done before the end, or nothing.
        assert patients(live, key) in ((60_000,) if acknowledged else (0, 60_000))
        small = live.ask("POST", "/v1/imports", key, content=b"identifier\nNEW\n", headers=CSV)
        assert small.status_code == 201


def test_memory_does_not_grow_with_the_file(own, tmp_path):
    key = prepare(**own)
    with serving(tmp_path, **own) as live:
        process = psutil.Process(live.process.pid)

        def growth(rows):
            """Send so many rows with the wrong unit, and give the memory that is left in use."""
            body = file_of(rows).replace(b",pg/mL", b",mg")
            answer = live.ask("POST", "/v1/imports", key, content=body, headers=CSV, timeout=120)
            assert answer.status_code == 422
            return process.memory_info().rss

        few, many = growth(20_000), growth(200_000)
        assert many - few < 40 * 2**20


def test_the_command_line_imports_and_exports_the_same_file(own, tmp_path):
    own = own | {"audit_key": "k" * 40}
    prepare(**own)
    file, out = tmp_path / "in.csv", tmp_path / "out.csv"
    file.write_bytes(file_of(50))
    done = run_app("import", str(file), "--clinic", "North", **own)
    assert (done.returncode, done.stdout.splitlines()[0]) == (
        0, "rows: 50 read, 50 accepted, 0 rejected",
    )  # fmt: skip
    assert run_app("export", "--clinic", "North", "--out", str(out), **own).returncode == 0
    assert out.stat().st_mode & 0o777 == 0o600
    assert out.read_text().count("\n") == 51
    again = run_app("export", "--clinic", "North", "--out", str(out), **own)
    assert (again.returncode, "--force" in again.stderr) == (1, True)
    same = run_app("import", str(out), "--clinic", "North", "--on-duplicate", "update", **own)
    assert "measurements: 0 added" in same.stdout


def test_the_command_line_tells_every_fault_by_line_and_column(own, tmp_path):
    own = own | {"audit_key": "k" * 40}
    prepare(**own)
    file = tmp_path / "in.csv"
    file.write_text("identifier,alsfrs_r\nA,49\nB,3\n")
    refused = run_app("import", str(file), "--clinic", "North", **own)
    assert refused.returncode == 1
    assert "line 2, column alsfrs_r: This must be less than or equal to 48." in refused.stderr
    assert "Nothing was stored." in refused.stderr
    skipped = run_app("import", str(file), "--clinic", "North", "--mode", "skip_invalid", **own)
    assert (skipped.returncode, "1 accepted, 1 rejected" in skipped.stdout) == (0, True)
    nobody = run_app("import", str(file), "--clinic", "Nowhere", **own)
    assert nobody.returncode == 1
