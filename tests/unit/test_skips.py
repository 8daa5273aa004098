"""With CI=true a skipped test has failed."""

import os
import subprocess
import sys

import pytest

TESTS = {
    "test": "import pytest\ndef test_it(): pytest.skip('no service')",
    "mark": "import pytest\n@pytest.mark.skip(reason='no service')\ndef test_it(): pass",
    "fixture": (
        "import pytest\n@pytest.fixture\ndef it(): pytest.skip('no service')\ndef test_it(it): pass"
    ),
    "module": "import pytest\npytest.skip('no service', allow_module_level=True)",
}
EXPECTED_FAILURE = "import pytest\n@pytest.mark.xfail\ndef test_it(): assert False"


@pytest.fixture
def outcome(tmp_path):
    """Run pytest on one small file as the build server would, or as a laptop would."""

    def run(source, ci):
        (tmp_path / "pytest.ini").touch()
        file = tmp_path / "test_small.py"
        file.write_text(source)
        return subprocess.run(
            [sys.executable, "-m", "pytest", "-p", "tests.skips", "--rootdir", tmp_path, file],
            env=os.environ | {"CI": ci},
            stdout=subprocess.PIPE,
            text=True,
            check=False,
        )

    return run


@pytest.mark.parametrize("source", TESTS.values(), ids=TESTS.keys())
def test_a_skip_fails_on_the_build_server(outcome, source):
    ended = outcome(source, ci="true")
    assert ended.returncode != 0
    assert "no service" in ended.stdout


def test_a_skip_is_a_skip_on_a_laptop(outcome):
    assert outcome(TESTS["test"], ci="").returncode == 0


def test_an_expected_failure_is_no_skip(outcome):
    assert outcome(EXPECTED_FAILURE, ci="true").returncode == 0
