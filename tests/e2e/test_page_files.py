"""What the pages are made of: nothing in it loads from outside, and caches may trust it."""

import hashlib
import json
import re
from pathlib import Path

import httpx
import pytest

from tests.e2e.scanning import outside_loads

STATIC = Path(__file__).parents[2] / "app/web/static"
FILES = sorted(path.relative_to(STATIC).as_posix() for path in STATIC.rglob("*") if path.is_file())
PAGES = ["/", "/docs", "/redoc", "/problems", "/problems/not-found", "/problems/none-such"]
SEEDED = {
    "markup": b'<script src="https://cdn.example.org/a.js">',
    "style": b'@import "//fonts.example.org/a.css";',
    "import": b'import a from "https://cdn.example.org/a.js"',
    "request": b'fetch("https://api.example.org/a")',
    "element": b'{alt:"logo",src:"https://cdn.example.org/logo.svg"}',
}


@pytest.fixture(scope="module")
def client(server):
    """Ask the server without a browser."""
    with httpx.Client(base_url=server) as client:
        yield client


@pytest.mark.parametrize("path", [*PAGES, *(f"/static/{file}" for file in FILES)])
def test_nothing_that_is_served_loads_from_outside(client, path):
    assert outside_loads(client.get(path).content) == []


@pytest.mark.parametrize("kind", SEEDED)
def test_the_scan_finds_a_seeded_address(kind):
    assert kind in [found.partition(":")[0] for found in outside_loads(SEEDED[kind])]


@pytest.mark.parametrize("path", PAGES)
def test_a_page_has_a_strict_policy(client, path):
    headers = client.get(path).headers
    policy = headers["content-security-policy"]
    assert policy.startswith("default-src 'none'")
    assert "frame-ancestors 'none'" in policy
    unsafe = re.findall(r"([a-z-]+) [^;]*'unsafe-", policy)
    assert unsafe == (["style-src"] if path == "/redoc" else [])
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize("path", PAGES)
def test_a_page_names_files_that_may_be_kept_for_ever(client, path):
    named = re.findall(r'(?:src|href)="(?:\.\./)*(static/[^"]+)"', client.get(path).text)
    assert named
    for address in named:
        answer = client.get(f"/{address}")
        assert answer.status_code == 200
        assert "immutable" in answer.headers["cache-control"]


def test_a_file_asked_for_without_its_edition_is_asked_for_anew(client):
    first = client.get("/static/page/main.js")
    assert first.headers["cache-control"] == "no-cache"
    assert first.headers["content-encoding"] == "gzip"
    again = client.get("/static/page/main.js", headers={"If-None-Match": first.headers["etag"]})
    assert again.status_code == 304
    assert again.content == b""


@pytest.mark.parametrize("path", ["../pages.py", "%2e%2e/pages.py", "..%2fpages.py", "", "page"])
def test_nothing_but_the_files_is_served(client, path):
    assert client.get(f"/static/{path}").status_code == 404


def test_vendored_files_are_what_their_record_says():
    for package in json.loads((STATIC / "VENDORED.json").read_text())["packages"]:
        for file in package["files"]:
            digest = hashlib.sha256((STATIC / file["path"]).read_bytes()).hexdigest()
            assert digest == file["sha256"]


def test_an_unknown_problem_is_a_readable_404(client):
    answer = client.get("/problems/none-such")
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("text/html")
