"""Write into README.md what cannot be written by hand: real answers and the table of settings.

Run by `make readme` beside a fresh server. The tests run the same blocks and compare.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
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


def answers(all_commands: list[str], port: int) -> Iterator[str]:
    """What each command answers just now. One shell runs them all, so they may build on another."""
    script = "\n".join(f"echo '\x1e'\n{command}" for command in all_commands)
    script = script.replace(":8000", f":{port}").replace(".venv/bin/python", sys.executable)
    run = subprocess.run(
        ["bash", "-euc", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return iter(run.stdout.split("\x1e\n")[1:])


def settings_table() -> str:
    """One row for each setting."""
    rows = ["| setting | default | what it is for |", "|---|---|---|"]
    for name, field in Settings.model_fields.items():
        default = "" if field.default is None else f"`{field.default}`"
        rows.append(f"| `NEUROSTRATA_{name.upper()}` | {default} | {field.description} |")
    return "\n".join(rows) + "\n"


def rewritten(text: str, port: int) -> str:
    """The README as it would be written beside the server on that port."""
    told = answers([one for block in BLOCK.findall(text) for one in commands(block)], port)

    def answered(found: re.Match[str]) -> str:
        lines = (f"$ {command}\n{next(told)}" for command in commands(found[1]))
        return f"```console\n{''.join(lines)}```"

    text = BLOCK.sub(answered, text)
    return SETTINGS.sub(lambda found: found[1] + settings_table() + found[2], text)


if __name__ == "__main__":
    README.write_text(rewritten(README.read_text(), int(os.environ["NEUROSTRATA_PORT"])))
