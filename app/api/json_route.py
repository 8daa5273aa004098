"""Routes that read JSON strictly and refuse what they do not know, with every fault at once."""

from __future__ import annotations

import asyncio
import re
from email.message import Message
from functools import cache
from typing import TYPE_CHECKING, Any

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import TypeAdapter, ValidationError

from app.api.query import check_parameters
from app.errors import AppError, Fault, InvalidInput, TimedOut, TooLarge, UnsupportedMediaType
from app.schemas.strict_json import parse_json
from app.schemas.validation import faults_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine

    from app.settings import Settings

BODILESS = {"GET", "HEAD", "DELETE"}
CHARSETS = {"utf-8", "utf8", "us-ascii"}
"""What JSON may say that it is written in: always UTF-8, of which ASCII is a part."""
_CHARSET = re.compile(r"[A-Za-z0-9._:+-]{1,40}")
UNREADABLE = object()
"""Stands in for a body that could not be parsed: who may ask is judged before what was sent."""


class JsonRoute(APIRoute):
    """An APIRoute whose body is strict JSON and whose query has no unknown parameters."""

    media_types: tuple[str, ...] = ("application/json",)
    """What the body may call itself."""

    def further_faults(self, body: Any) -> list[Fault]:
        """Faults beyond the shape, to be told together with those of the shape."""
        del body
        return []

    async def admit(self, request: Request) -> None:
        """Judge who asks, before anything that was sent is read. Here everybody may."""

    async def turn_away(self, request: Request, error: AppError) -> None:
        """Note that what was sent could not be read. Here nobody needs to know."""

    async def perform(
        self, answer: Callable[[], Awaitable[Response]], request: Request
    ) -> Response:
        """Answer a request that was read. Whatever is wrong with it is raised in `answer`."""
        del request
        return await answer()

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Read the body strictly, then let FastAPI do the rest."""
        handle = super().get_route_handler()
        model: Any = self.body_field.field_info.annotation if self.body_field else None
        if model is not None:
            judge_of(model)  # made now: two requests at once would trip over each other

        async def strict(request: Request) -> Response:
            request = Request(request.scope, request.receive)
            await self.admit(request)
            try:
                faults = check_parameters(request, self.dependant)
                faults = await self.read_sent(request, model, faults)
            except AppError as error:
                await self.turn_away(request, error)
                raise

            async def answer() -> Response:
                try:
                    response = await handle(request)
                except RequestValidationError as error:
                    raise InvalidInput(faults or faults_of(error, model)) from None
                except InvalidInput as error:
                    if not faults:
                        raise
                    raise InvalidInput([*faults, *error.faults]) from None
                if faults:
                    raise InvalidInput(faults)
                return response

            return await self.perform(answer, request)

        return strict

    async def read_sent(self, request: Request, model: Any, faults: list[Fault]) -> list[Fault]:
        """Read the body, and give every fault of query and body together."""
        if model is not None:
            return await self._read_json(request, model, faults)
        if request.method not in BODILESS:
            await read_body(request)  # nobody waits for it later, with something in hand
        return faults

    async def _read_json(self, request: Request, model: Any, faults: list[Fault]) -> list[Fault]:
        """Every fault of query and body together; with any, FastAPI is given no body to act on."""
        check_content_type(request, *self.media_types)
        body = await read_body(request)
        try:
            # Starlette answers `request.json()` from here when it is set.
            request._json = parse_json(body)  # noqa: SLF001
            judge_of(model).validate_python(request._json)  # noqa: SLF001
        except InvalidInput as error:
            faults += error.faults
        except ValidationError as error:
            faults += faults_of(error, model)
            told = {fault.pointer for fault in faults}
            further = self.further_faults(request._json)  # noqa: SLF001
            faults += [fault for fault in further if fault.pointer not in told]
        if faults:
            request._json = UNREADABLE  # noqa: SLF001
        return faults


@cache
def judge_of(model: Any) -> TypeAdapter[Any]:
    """Give what judges a body by its model. Making one takes far longer than judging."""
    return TypeAdapter(model)


def check_content_type(request: Request, *allowed: str) -> str:
    """The media type of the body, without parameters. Raises UnsupportedMediaType."""
    stated = request.headers.get("content-type", "")
    given = stated.partition(";")[0].strip().lower()
    coding = request.headers.get("content-encoding", "identity").lower()
    if given not in allowed or coding != "identity":
        raise UnsupportedMediaType(f"Send the body as {' or '.join(allowed)}, not encoded.")
    if given.endswith("json") and "charset" in stated.lower():
        _check_charset(stated)
    return given


def _check_charset(stated: str) -> None:
    """Refuse what says that it is not written in UTF-8. Raises UnsupportedMediaType."""
    told = Message()
    told["content-type"] = stated
    parameters = told.get_params([], "content-type")
    named = [str(value) for name, value in parameters if name.lower() == "charset"]
    for name in named:
        if name and name.lower() not in CHARSETS:
            known = name if _CHARSET.fullmatch(name) else "of that name"
            raise UnsupportedMediaType(f"The charset {known} is not read here: send UTF-8.")


async def read_body(request: Request) -> bytes:
    """The whole body. Raises TooLarge past the setting's bound, TimedOut when it stalls."""
    settings: Settings = request.state.settings
    chunks, size = [], 0
    async for chunk in body_chunks(request):
        size += len(chunk)
        if size > settings.max_body_bytes:
            raise TooLarge(f"A body may hold {settings.max_body_bytes} bytes at most.")
        chunks.append(chunk)
    body = b"".join(chunks)
    request._body = body  # noqa: SLF001  (FastAPI asks for it again)
    return body


async def body_chunks(request: Request) -> AsyncIterator[bytes]:
    """The body as it arrives; a client silent for longer than the setting is given up."""
    patience = request.state.settings.body_idle_seconds
    stream = request.stream().__aiter__()
    while True:
        try:
            async with asyncio.timeout(patience):
                chunk = await stream.__anext__()
        except StopAsyncIteration:
            return
        except TimeoutError:
            raise TimedOut("The body stopped arriving.") from None
        yield chunk
