"""Write into the documents what cannot be written by hand: real answers, the table of settings.

Run by `make readme` beside a fresh server. The tests run the same blocks and compare.
"""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from app.settings import Settings  # noqa: E402  (found by the line above)

README = ROOT / "README.md"
DOCUMENTS = (README, ROOT / "docs" / "integrating.md", ROOT / "docs" / "wire-log.md")
SERVICE, EHR = 8000, 8010
"""The ports that the documents write: of the service, and of a simulated EHR."""

BLOCK = re.compile(r"```console\n(.*?)```", re.DOTALL)
SETTINGS = re.compile(r"(<!-- settings -->\n).*?(<!-- /settings -->)", re.DOTALL)


def commands(block: str) -> list[str]:
    """The commands of a console block: the lines that begin with a prompt."""
    return [line[2:] for line in block.splitlines() if line.startswith("$ ")]


def answers(all_commands: list[str], ports: dict[int, int]) -> Iterator[str]:
    """What each command answers just now. One shell runs them all, so they may build on another.

    `ports` says which port stands in the place of each that is written.
    """
    script = "\n".join(f"echo '\x1e'\n{command}" for command in all_commands)
    script = script.replace(".venv/bin/python", sys.executable)
    for written, meant in ports.items():
        script = re.sub(rf"(?<=:){written}\b|(?<=--port ){written}\b", str(meant), script)
    run = subprocess.run(
        ["bash", "-euc", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    told = run.stdout
    for written, meant in ports.items():
        told = told.replace(f":{meant}", f":{written}")
    return iter(told.split("\x1e\n")[1:])


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        number: int = probe.getsockname()[1]
        return number


def settings_table() -> str:
    """One row for each setting."""
    rows = ["| setting | default | what it is for |", "|---|---|---|"]
    for name, field in Settings.model_fields.items():
        default = "" if field.default is None else f"`{field.default}`"
        rows.append(f"| `NEUROSTRATA_{name.upper()}` | {default} | {field.description} |")
    return "\n".join(rows) + "\n"


def rewritten(text: str, port: int) -> str:
    """A document as it would be written beside the server on that port."""
    ports = {SERVICE: port, EHR: free_port()}
    told = answers([one for block in BLOCK.findall(text) for one in commands(block)], ports)

    def answered(found: re.Match[str]) -> str:
        lines = (f"$ {command}\n{next(told)}" for command in commands(found[1]))
        return f"```console\n{''.join(lines)}```"

    text = BLOCK.sub(answered, text)
    return SETTINGS.sub(lambda found: found[1] + settings_table() + found[2], text)


if __name__ == "__main__":
    for document in DOCUMENTS:
        port = int(os.environ["NEUROSTRATA_PORT"])
        document.write_text(rewritten(document.read_text(), port))
