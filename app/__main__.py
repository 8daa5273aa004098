"""`python -m app`."""

import os

# Requests and fits share the cores: numpy's linear algebra must not take all of them for a moment.
# It reads this when it is first imported, so it stands before everything else.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from app.cli.commands import run

if __name__ == "__main__":  # a worker process may load this module by another name
    run()
