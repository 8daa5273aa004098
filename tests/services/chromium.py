"""A real Chromium, found on this machine and driven by Playwright."""

import shutil

import pytest
from playwright.sync_api import sync_playwright

COMMANDS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# It may not look up its maker's hosts at every start.
QUIET = ("--disable-background-networking", "--disable-component-update", "--disable-quic")


@pytest.fixture(scope="session")
def chromium_path():
    """Give the path of the Chromium that `make test` installs where there is none."""
    for command in COMMANDS:
        if path := shutil.which(command):
            return path
    return pytest.skip("no Chromium was found; `make test` as root installs it")


@pytest.fixture(scope="module")
def browser(chromium_path):
    """Start a headless browser for one module: Playwright's loop must not outlive its tests."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path, args=QUIET)
        yield browser
        browser.close()
