"""What a browser may do with each page: nothing from outside, nothing inline."""

from __future__ import annotations

_NOTHING: dict[str, str] = {
    "default-src": "'none'",
    "base-uri": "'none'",
    "form-action": "'none'",
    "frame-ancestors": "'none'",
}

_READING = {**_NOTHING, "style-src": "'self'", "img-src": "'self'"}

_WORKING = {**_READING, "script-src": "'self'", "connect-src": "'self'"}

# The edge of the service adds `nosniff` and `no-referrer` to every answer.
_EVERYWHERE = {"Cross-Origin-Resource-Policy": "same-origin"}

_ON_PAGES = {
    **_EVERYWHERE,
    "X-Frame-Options": "DENY",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cache-Control": "no-cache",
}


def _policy(directives: dict[str, str]) -> str:
    return "; ".join(f"{name} {sources}" for name, sources in directives.items())


ASSET_HEADERS = {**_EVERYWHERE, "Content-Security-Policy": _policy(_NOTHING)}

READING_HEADERS = {**_ON_PAGES, "Content-Security-Policy": _policy(_READING)}
"""A page of text: no script at all."""

ESTIMATE_HEADERS = {
    **_ON_PAGES,
    "Content-Security-Policy": _policy(
        {**_WORKING, "require-trusted-types-for": "'script'", "trusted-types": "'none'"}
    ),
}
"""The page that asks for estimates. It never turns text into markup, and cannot."""

SWAGGER_HEADERS = {
    **_ON_PAGES,
    # Swagger UI's style sheet carries its icons as data: addresses.
    "Content-Security-Policy": _policy({**_WORKING, "img-src": "'self' data:"}),
}

REDOC_HEADERS = {
    **_ON_PAGES,
    # Redoc styles itself with inline sheets and searches in a worker made from a blob.
    "Content-Security-Policy": _policy(
        {
            **_WORKING,
            "img-src": "'self' data:",
            "style-src": "'self' 'unsafe-inline'",
            "worker-src": "blob:",
        }
    ),
}
