"""Check what the repository says about where it was made: it says nothing.

Locks pin versions and hashes and name no index; the tests run on the versions the service runs on;
no file holds a package registry's address or a path of somebody's machine.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[1]
LOCKS = ROOT / "requirements"
TEXT_FAULTS = {
    # The name of an extension of SMART on FHIR is no address of a package.
    "a package registry's address": re.compile(
        r"https?://(?!fhir-registry\.smarthealthit\.org)[^/\s]*(?:pypi|pythonhosted|npm|yarnpkg|registry)[^/\s]*",
        re.IGNORECASE,
    ),
    "a setting that names an index": re.compile(r"index[-_]url|\bregistry\s*=\s*http"),
    "where a package came from": re.compile(r'"resolved"\s*:'),
    "a path of one machine": re.compile(r"(?<![\w.${}-])/(?:work|farm|root|home|Users)/"),
}
LOCK_FAULTS = {
    "a word about where packages come from": re.compile(r"://|^\s*--(?!hash=)", re.MULTILINE),
}
PIN = re.compile(r"^([\w.-]+)==([^\s;]+)", re.MULTILINE)


def main() -> int:
    """Print every fault; the exit status says whether there was one."""
    faults = [*faults_of_locks(), *faults_of_files()]
    for fault in faults:
        print(fault, file=sys.stderr)
    return 1 if faults else 0


def faults_of_locks() -> Iterator[str]:
    """Yield what is wrong with requirements/*.txt."""
    for lock in sorted(LOCKS.glob("*.txt")):
        yield from faults_of(lock, LOCK_FAULTS)
    run, develop = pins("run"), pins("develop")
    for name, versions in sorted(run.items()):
        if develop.get(name) != versions:
            yield f"requirements: {name} is not the same in run.txt and develop.txt: `make lock`"


def pins(lock: str) -> dict[str, set[str]]:
    """The versions of each package in one lock; platforms may differ in them."""
    found: dict[str, set[str]] = {}
    for name, version in PIN.findall((LOCKS / f"{lock}.txt").read_text(encoding="utf-8")):
        found.setdefault(name, set()).add(version)
    return found


def faults_of_files() -> Iterator[str]:
    """Yield what is wrong with any file that is, or could be, committed."""
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listing, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    for name in filter(None, names.split("\0")):
        path = ROOT / name
        if path.is_file() and not is_vendored(path):
            yield from faults_of(path, TEXT_FAULTS)


def is_vendored(path: Path) -> bool:
    """Say whether the file is somebody else's, copied as it was: its folder's record says so."""
    return any((folder / "VENDORED.json").exists() for folder in path.parents)


def faults_of(path: Path, patterns: dict[str, re.Pattern[str]]) -> Iterator[str]:
    """Yield each line of a text file that matches a pattern."""
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return
    for what, pattern in patterns.items():
        for match in pattern.finditer(text):
            line = text.count("\n", 0, match.start()) + 1
            yield f"{path.relative_to(ROOT)}:{line}: {what}: {match.group().strip()}"


if __name__ == "__main__":
    sys.exit(main())
