"""Write into README.md what cannot be written by hand: real answers and the table of settings.

Run by `make readme` beside a fresh server. The tests run the same blocks and compare.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from app.settings import Settings  # noqa: E402  (found by the line above)

README = ROOT / "README.md"
BLOCK = re.compile(r"```console\n(.*?)```", re.DOTALL)
SETTINGS = re.compile(r"(<!-- settings -->\n).*?(<!-- /settings -->)", re.DOTALL)


def commands(block: str) -> list[str]:
    """The commands of a console block: the lines that begin with a prompt."""
    return [line[2:] for line in block.splitlines() if line.startswith("$ ")]


def answer(block: str, port: int) -> str:
    """The block with the answers that its commands give just now."""
    script = "\n".join(f"echo '\x1e'\n{command}" for command in commands(block))
    script = script.replace(":8000", f":{port}").replace(".venv/bin/python", sys.executable)
    run = subprocess.run(
        ["bash", "-euc", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    outputs = run.stdout.split("\x1e\n")[1:]
    told = zip(commands(block), outputs, strict=True)
    return "".join(f"$ {command}\n{output}" for command, output in told)


def settings_table() -> str:
    """One row for each setting."""
    rows = ["| setting | default | what it is for |", "|---|---|---|"]
    for name, field in Settings.model_fields.items():
        default = "" if field.default is None else f"`{field.default}`"
        rows.append(f"| `NEUROSTRATA_{name.upper()}` | {default} | {field.description} |")
    return "\n".join(rows) + "\n"


def rewritten(text: str, port: int) -> str:
    """The README as it would be written beside the server on that port."""
    text = BLOCK.sub(lambda found: f"```console\n{answer(found[1], port)}```", text)
    return SETTINGS.sub(lambda found: found[1] + settings_table() + found[2], text)


if __name__ == "__main__":
    README.write_text(rewritten(README.read_text(), int(os.environ["NEUROSTRATA_PORT"])))
