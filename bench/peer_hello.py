"""The yardstick: the least that a FastAPI service can do."""

from __future__ import annotations

from fastapi import FastAPI

app = FastAPI()
quiet = FastAPI(telemetry={"tracing": False, "metrics": False, "logs": False})
"""The same without FastAPI's telemetry, which the service switches off as well."""


@app.get("/hello")
@quiet.get("/hello")
async def hello() -> dict[str, str]:
    """Nothing is read and nothing computed."""
    return {"message": "hello"}
