"""Creates a patient and reads it, again and again, on several connections.

`python -m bench.pair_client PORT SECONDS CONNECTIONS [KEY]`, then the word on its input.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from secrets import token_hex

from bench.client import wait_for_the_word

BODY = (
    '{"identifier":"%s","sex":"female","birth_year":1961,"age_at_baseline":62.5,'
    '"onset_date":"2023-03-01","onset_site":"limb","diagnosis_date":"2023-11-20",'
    '"el_escorial":"probable","riluzole_start":"2023-12-01","alsfrs_r":38,"svc_percent":91.5,'
    '"c9orf72":false,"arm":"il2ld","baseline_date":"2024-01-15","follow_up_days":532,'
    '"vital_status":"dead","event_type":"death","covariates":{"crp":3.2,"site":"a"}}'
)
HEAD = "%s /v1/patients%s HTTP/1.1\r\nhost: 127.0.0.1\r\n%s"
JSON = "content-type: application/json\r\ncontent-length: %d\r\n\r\n%s"


class Pairs:
    """Counts pairs of requests until a deadline."""

    def __init__(self, port: int, key: str) -> None:
        self.port = port
        self.key = f"authorization: Bearer {key}\r\n" if key else ""
        self.done = 0

    async def run(self, deadline: float) -> None:
        """Create and read on one connection."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        while time.perf_counter() < deadline:
            body = BODY % f"P-{token_hex(8)}"
            sent = HEAD % ("POST", "", self.key) + JSON % (len(body), body)
            patient = json.loads(await self._ask(reader, writer, sent, b"201"))
            sent = HEAD % ("GET", f"/{patient['id']}", self.key) + "\r\n"
            await self._ask(reader, writer, sent, b"200")
            self.done += 1
        writer.close()

    async def _ask(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, sent: str, status: bytes
    ) -> bytes:
        writer.write(sent.encode())
        head = await reader.readuntil(b"\r\n\r\n")
        if head[9:12] != status:
            raise RuntimeError(f"refused: {head[:60]!r}")
        lines = head.lower().split(b"\r\n")
        length = next(line[15:] for line in lines if line.startswith(b"content-length:"))
        return await reader.readexactly(int(length))


async def main(port: int, seconds: float, connections: int, key: str = "") -> None:
    """Run, and print how many pairs were done in how long."""
    pairs = Pairs(port, key)
    wait_for_the_word()
    began = time.perf_counter()
    await asyncio.gather(*(pairs.run(began + seconds) for _ in range(connections)))
    print(json.dumps({"pairs": pairs.done, "seconds": time.perf_counter() - began}))


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3]), *sys.argv[4:]))
