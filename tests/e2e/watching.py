"""A browser page that is watched: where it asks, what it may not do, what it complains of."""

import json
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

AXE = (Path(__file__).parent / "vendor/axe-core/axe.min.js").read_text(encoding="utf-8")
REMEMBER_VIOLATIONS = """
    globalThis.violations = [];
    addEventListener("securitypolicyviolation", (event) =>
        globalThis.violations.push(`${event.violatedDirective} ${event.blockedURI}`));
"""
OWN_SCHEMES = ("data:", "blob:")
REFUSED = "Failed to load resource: the server responded with a status of"


@dataclass
class Watched:
    """A page, and what was seen of it."""

    page: object
    address: str
    outside: list = field(default_factory=list)
    complaints: list = field(default_factory=list)
    requests: list = field(default_factory=list)

    def open(self, path):
        """Open a page of the service and wait until it has come to rest."""
        self.page.goto(self.address + path)
        self.page.wait_for_load_state("networkidle")
        return self.page

    def on_request(self, request):
        """Remember a request, and whether it left the service."""
        self.requests.append(request.url)
        if not request.url.startswith((self.address, *OWN_SCHEMES)):
            self.outside.append(request.url)

    def on_console(self, message):
        """Remember a complaint; that an answer was refused is the answer's own business."""
        if message.type in ("error", "warning") and not message.text.startswith(REFUSED):
            self.complaints.append(message.text)

    def violations(self):
        """List what the page's policy stopped."""
        return self.page.evaluate("globalThis.violations")

    def assert_quiet(self):
        """Nothing was asked outside, nothing was stopped, nothing was complained of."""
        assert self.requests
        assert self.outside == []
        assert self.violations() == []
        assert self.complaints == []


@contextmanager
def watched(browser, address, **options):
    """Open a watched page in a context of its own."""
    context = browser.new_context(**{"locale": "en-GB"} | options)
    context.add_init_script(REMEMBER_VIOLATIONS)
    page = context.new_page()
    seen = Watched(page, address)
    page.on("request", seen.on_request)
    page.on("console", seen.on_console)
    page.on("pageerror", lambda error: seen.complaints.append(str(error)))
    yield seen
    context.close()


def ask(page, level):
    """Ask the estimate page about a level, as a person does, and wait for its word."""
    page.fill("#pnfh", level)
    page.press("#pnfh", "Enter")
    page.locator("#answer .stratum, [data-fault]:not([hidden])").first.wait_for()


def accessibility_faults(page):
    """List what axe-core finds serious or critical, and where."""
    page.evaluate(AXE)
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{fault['id']}: {node['target']}: {json.dumps(node['any'][:1])[:300]}"
        for fault in found["violations"]
        if fault["impact"] in ("serious", "critical")
        for node in fault["nodes"]
    ]
