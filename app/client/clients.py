"""The clients: one for threads, one for asyncio. Each sends calls; what to call stands beside.

with Client("https://neurostrata.clinic.example", key) as client:
    answer = client.send(estimate("1500", "pg/mL"))
    for patient in client.each(list_patients()):
        ...
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any, Final, Self, TypeVar
from uuid import uuid4

import httpx

from app import __version__
from app.client.call import Answer, Call, Listing, Page, Repeat
from app.client.delivery import Heard, Patience, Send, deliver
from app.client.errors import Misused, Unreadable

T = TypeVar("T")
TIMEOUT: Final = httpx.Timeout(30.0, connect=5.0)
NAME: Final = f"neurostrata-client/{__version__}"
_WORD: Final = re.compile(r"[!-~]+")


class _Caller:
    """What both clients share: where the service is, who asks, and how patiently."""

    def __init__(self, url: str, key: str | None, patience: Patience) -> None:
        self._url = _checked_address(url)
        if key is not None and not _WORD.fullmatch(key):
            raise Misused("The key must be printable ASCII without spaces.")
        self._key = key
        self.patience = patience

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._url!r})"

    def _asked(self, call: Call[Any], idempotency_key: str | None) -> dict[str, Any]:
        """What httpx builds its request from."""
        headers = {"accept": "application/json", "user-agent": NAME, **call.headers}
        if self._key is not None:
            headers["authorization"] = f"Bearer {self._key}"
        if idempotency_key is not None:
            headers["idempotency-key"] = idempotency_key
        try:
            url = httpx.URL(self._url + call.path, params=call.query or None)
        except (httpx.InvalidURL, UnicodeEncodeError):
            raise Misused("The address that the call makes cannot be sent.") from None
        if not all(map(str.isascii, headers.values())):
            raise Misused("A language, a tag or a media type must be ASCII.")
        return {"method": call.method, "url": url, "headers": headers, "content": call.body}


class Client(_Caller):
    """The client for threads; several may share one.

    `key` is an API key or a token. `http` is an httpx.Client of your own, with its own settings;
    `transport` replaces the network, as in tests.
    """

    def __init__(
        self,
        url: str,
        key: str | None = None,
        *,
        patience: Patience = Patience(),  # noqa: B008 - frozen
        timeout: httpx.Timeout | float = TIMEOUT,
        http: httpx.Client | None = None,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        super().__init__(url, key, patience)
        self._own = None if http else httpx.Client(timeout=timeout, transport=transport)
        self._http = http or self._own or httpx.Client()

    def send(self, call: Call[T], *, idempotency_key: str | None = None) -> T:
        """Send a call and give its answer. Raises ClientError.

        What is kept by the service is kept once, however often the call has to be sent. A key of
        your own does the same beyond the life of this process.
        """
        _check_call(call)
        key = _key_for(call, idempotency_key)
        asked = self._asked(call, key)
        delivery = deliver(call, self.patience, key)
        heard: Heard | None = None
        while True:
            try:
                step = delivery.send(heard)
            except StopIteration as end:
                answer: T = end.value
                return answer
            if isinstance(step, Send):
                heard = self._hear(asked)
            else:
                time.sleep(step.seconds)
                heard = None

    def each(self, listing: Listing[T]) -> Iterator[T]:
        """Give every item of a list, page by page as they are needed."""
        cursor: str | None = None
        while True:
            page = self.send(listing.page(cursor))
            yield from page.items
            if page.next_cursor is None:
                return
            cursor = _next(page, cursor)

    def close(self) -> None:
        """Close the connections; those of an httpx.Client of your own stay open."""
        if self._own is not None:
            self._own.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _hear(self, asked: dict[str, Any]) -> Heard:
        _check_open(self._http)
        try:
            return _answer(self._http.send(self._http.build_request(**asked)))
        except httpx.RequestError as error:
            return error


class AsyncClient(_Caller):
    """The client for asyncio; all else is as with Client."""

    def __init__(
        self,
        url: str,
        key: str | None = None,
        *,
        patience: Patience = Patience(),  # noqa: B008 - frozen
        timeout: httpx.Timeout | float = TIMEOUT,
        http: httpx.AsyncClient | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        super().__init__(url, key, patience)
        self._own = None if http else httpx.AsyncClient(timeout=timeout, transport=transport)
        self._http = http or self._own or httpx.AsyncClient()

    async def send(self, call: Call[T], *, idempotency_key: str | None = None) -> T:
        """Send a call and give its answer, as Client.send does."""
        _check_call(call)
        key = _key_for(call, idempotency_key)
        asked = self._asked(call, key)
        delivery = deliver(call, self.patience, key)
        heard: Heard | None = None
        while True:
            try:
                step = delivery.send(heard)
            except StopIteration as end:
                answer: T = end.value
                return answer
            if isinstance(step, Send):
                heard = await self._hear(asked)
            else:
                await asyncio.sleep(step.seconds)
                heard = None

    async def each(self, listing: Listing[T]) -> AsyncIterator[T]:
        """Give every item of a list, page by page as they are needed."""
        cursor: str | None = None
        while True:
            page = await self.send(listing.page(cursor))
            for item in page.items:
                yield item
            if page.next_cursor is None:
                return
            cursor = _next(page, cursor)

    async def close(self) -> None:
        """Close the connections; those of an httpx.AsyncClient of your own stay open."""
        if self._own is not None:
            await self._own.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def _hear(self, asked: dict[str, Any]) -> Heard:
        _check_open(self._http)
        try:
            return _answer(await self._http.send(self._http.build_request(**asked)))
        except httpx.RequestError as error:
            return error


def _check_call(sent: object) -> None:
    if isinstance(sent, Listing):
        raise Misused("This is a list, which comes in pages: give it to `each` and not to `send`.")


def _check_open(http: httpx.Client | httpx.AsyncClient) -> None:
    if http.is_closed:
        raise Misused("The client was closed.")


def _answer(response: httpx.Response) -> Answer:
    return Answer(response.status_code, response.headers, response.content)


def _checked_address(url: str) -> str:
    try:
        parts = httpx.URL(url)
    except httpx.InvalidURL:
        raise Misused("The address is none: http(s)://HOST, perhaps with a path.") from None
    beside = parts.query or parts.fragment or parts.userinfo
    if parts.scheme not in {"http", "https"} or not parts.host or beside:
        raise Misused("The address must be http(s)://HOST, perhaps with a port and a path.")
    return url.rstrip("/")


def _key_for(call: Call[Any], given: str | None) -> str | None:
    """The key that stays through all tries of one call."""
    if call.repeat is not Repeat.REMEMBERED:
        if given is not None:
            raise Misused("This call is not remembered by the service: it takes no key.")
        return None
    if given is not None and not (_WORD.fullmatch(given) and len(given) <= 255):
        raise Misused("An idempotency key is 1 to 255 printable ASCII characters, no spaces.")
    return given or str(uuid4())


def _next(page: Page[Any], cursor: str | None) -> str | None:
    if page.next_cursor == cursor:
        raise Unreadable("A page names itself as the next one.", 200)
    return page.next_cursor
