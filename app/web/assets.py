"""The files that pages load: scripts, styles, marks. Read once; served from memory.

The address of a file names the edition, a digest of all files together:
`static/<edition>/page/main.js`. So a browser may keep it for ever, and the relative imports between
our modules stay inside one edition. Without an edition a file is served too, and asked for anew.
"""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException
from starlette.responses import Response

from app.web.policies import ASSET_HEADERS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request

FOLDER = Path(__file__).parent / "static"
FOR_EVER = "public, max-age=31536000, immutable"
ASK_AGAIN = "no-cache"
MEDIA_TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
"""Stated here because a machine's own table may differ, and nosniff makes a wrong type fatal."""
COMPRESSIBLE = re.compile(r"text/|application/json|image/svg")
EDITION_LENGTH = 16


@dataclass(frozen=True)
class Asset:
    """One file, ready to be sent."""

    content: bytes
    media_type: str

    @cached_property
    def etag(self) -> str:
        """Weak, because the compressed and the plain form share it."""
        return f'W/"{hashlib.sha256(self.content).hexdigest()[:32]}"'

    @cached_property
    def compressed(self) -> bytes | None:
        """The content for clients that read gzip; null where that gains nothing."""
        if not COMPRESSIBLE.match(self.media_type):
            return None
        return gzip.compress(self.content, mtime=0)


class Assets:
    """Every file of the static folder, by its path there."""

    def __init__(self, assets: Mapping[str, Asset]) -> None:
        self._assets = dict(assets)
        self.edition = _digest_of(self._assets)

    @classmethod
    def read(cls, folder: Path = FOLDER) -> Assets:
        """Read a folder. What it does not hold now is never served."""
        files = sorted(path for path in folder.rglob("*") if path.is_file())
        return cls({path.relative_to(folder).as_posix(): _read(path) for path in files})

    def serve(self, request: Request) -> Response:
        """Answer `/static/{path}`."""
        wanted = str(request.path_params["path"])
        edition, _, rest = wanted.partition("/")
        is_dated = len(edition) == EDITION_LENGTH and rest in self._assets
        asset = self._assets.get(rest if is_dated else wanted)
        if asset is None:
            raise HTTPException(404)
        return _answer(request, asset, FOR_EVER if edition == self.edition else ASK_AGAIN)


def _read(path: Path) -> Asset:
    guess = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return Asset(path.read_bytes(), MEDIA_TYPES.get(path.suffix, guess))


def _digest_of(assets: Mapping[str, Asset]) -> str:
    digest = hashlib.sha256()
    for path, asset in sorted(assets.items()):
        digest.update(f"{path}\0{len(asset.content)}\0".encode())
        digest.update(asset.content)
    return digest.hexdigest()[:EDITION_LENGTH]


def _answer(request: Request, asset: Asset, keep: str) -> Response:
    headers = {**ASSET_HEADERS, "Cache-Control": keep, "ETag": asset.etag}
    headers["Vary"] = "Accept-Encoding"
    if asset.etag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    reads_gzip = "gzip" in request.headers.get("accept-encoding", "")
    if reads_gzip and asset.compressed is not None:
        headers["Content-Encoding"] = "gzip"
        return Response(asset.compressed, headers=headers, media_type=asset.media_type)
    return Response(asset.content, headers=headers, media_type=asset.media_type)
