"""Finding what a file would make a browser load from outside. Links that people follow are fine."""

import re

OUTSIDE = r"(?:https?:)?//[a-z0-9.-]+\.[a-z]{2,}"
LOADS = {
    "markup": rb"""<(?!a\b)[a-z]+\b[^>]*\s(?:src|srcset|href|poster|action|data)=["']?""",
    "style": rb"""(?:url\(|@import)\s*["']?""",
    "import": rb"""(?:\bimport|\bfrom)\s*\(?\s*["'`]""",
    "request": rb"""\b(?:fetch|open|Worker|EventSource|WebSocket|importScripts)\(\s*["'`]""",
    "element": rb"""\b(?:src|srcset|poster)\s*[:=]\s*["'`]""",
}
PATTERNS = {
    name: re.compile(before + OUTSIDE.encode(), re.IGNORECASE) for name, before in LOADS.items()
}


def outside_loads(content):
    """List each place in these bytes that loads something from outside."""
    return [
        f"{name}: {found.group().decode(errors='replace')}"
        for name, pattern in PATTERNS.items()
        for found in pattern.finditer(content)
    ]
