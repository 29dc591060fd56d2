"""A client that sends any bytes and tells all that comes back: answers, ends of connections, and how long it took."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field

from loadtests.abuse.attack import Attack

#: Silence after which a connection that has answered says no more, in seconds.
QUIET_SECONDS = 0.2
#: Silence after which an attack is slow: others take its place meanwhile.
PATIENCE_SECONDS = 0.5
#: Attacks at once; those that wait for the server to give up on them; those that take a worker of the server.
FAST, SLOW, HEAVY = 24, 250, 3


@dataclass(frozen=True)
class HttpAnswer:
    """One HTTP answer."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass
class Reaction:
    """What became of an attack. `end`: answered, closed (by the server), or late (neither within its bound)."""

    answers: list[HttpAnswer] = field(default_factory=list)
    raw: bytes = b""
    seconds: float = 0.0
    end: str = "late"


class Torn(Exception):
    """The answer is not HTTP."""


class HttpAnswers:
    """Takes bytes in, gives HTTP answers; interim ones (1xx) are passed over."""

    def __init__(self, head: bool = False) -> None:
        self._buffer = b""
        self._head = head

    @property
    def rest(self) -> bytes:
        """What has come of an answer that is not whole."""
        return self._buffer

    def feed(self, data: bytes) -> list[HttpAnswer]:
        """Answers that are complete now. Raises Torn where the bytes are no answer."""
        self._buffer += data
        found = []
        while (one := self._next()) is not None:
            if one.status >= 200:
                found.append(one)
        return found

    def _next(self) -> HttpAnswer | None:
        top, gap, rest = self._buffer.partition(b"\r\n\r\n")
        if not gap:
            return None
        line, *lines = top.decode("latin-1").split("\r\n")
        version, _, status = line.partition(" ")
        if not version.startswith("HTTP/1.") or not status[:3].isdecimal():
            raise Torn(line[:80])
        headers = {}
        for one in lines:
            name, colon, value = one.partition(":")
            if not colon or not name or not name.isprintable() or " " in name:
                raise Torn(one[:80])
            headers[name.lower()] = value.strip()
        code = int(status[:3])
        if self._head or code in (204, 304) or code < 200:
            body: bytes | None = b""
            taken = 0
        elif headers.get("transfer-encoding", "") == "chunked":
            body, taken = _chunked(rest)
        else:
            taken = int(headers.get("content-length", "0"))
            body = rest[:taken] if len(rest) >= taken else None
        if body is None:
            return None
        self._buffer = rest[taken:]
        return HttpAnswer(code, headers, body)


def _chunked(data: bytes) -> tuple[bytes | None, int]:
    """A chunked body and its length on the wire; None while it is not whole."""
    parts: list[bytes] = []
    at = 0
    while True:
        line = data.find(b"\r\n", at)
        if line < 0:
            return None, 0
        size = int(data[at:line], 16)
        end = line + 2 + size + 2
        if len(data) < end:
            return None, 0
        if not size:
            return b"".join(parts), end
        parts.append(data[line + 2 : line + 2 + size])
        at = end


Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class AttackClient:
    """Carries out attacks on one server, many at a time."""

    def __init__(self, host: str, port: int) -> None:
        self.host, self.port = host, port
        self._idle: list[Connection] = []
        self._fast = asyncio.Semaphore(FAST)
        self._slow = asyncio.Semaphore(SLOW)
        self._heavy = asyncio.Semaphore(HEAVY)

    async def close(self) -> None:
        """Close the connections that are kept."""
        for _, writer in self._idle:
            writer.close()
        self._idle.clear()

    async def attack(self, attack: Attack) -> Reaction:
        """Send, and wait for the end. What the server may wait for gives its place to others after a while."""
        if attack.framed:
            async with self._heavy if attack.heavy else self._fast:
                return await self._send(attack)
        async with self._slow:
            await self._fast.acquire()
            running = asyncio.ensure_future(self._send(attack))
            try:
                await asyncio.wait({running}, timeout=PATIENCE_SECONDS)
            finally:
                self._fast.release()
            return await running

    async def _send(self, attack: Attack) -> Reaction:
        kept = self._idle.pop() if attack.framed and self._idle else None
        told = await self._try(attack, kept)
        if kept is not None and told.end == "closed" and not told.raw:
            told = await self._try(attack, None)  # the server had just ended a connection of its age
        return told

    async def _try(self, attack: Attack, kept: Connection | None) -> Reaction:
        told, began = Reaction(), time.monotonic()
        reader, writer = kept or await asyncio.open_connection(self.host, self.port)
        sending = asyncio.ensure_future(_write(writer, attack))
        try:
            async with asyncio.timeout(attack.bound):
                await _listen(reader, attack, told)
        except TimeoutError:
            told.end = "late"
        finally:
            told.seconds = time.monotonic() - began
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)
            ends = "close" in (told.answers[-1].headers.get("connection", "") if told.answers else "close")
            if attack.framed and told.end == "answered" and not ends:
                self._idle.append((reader, writer))
            else:
                writer.close()
        return told


async def _write(writer: asyncio.StreamWriter, attack: Attack) -> None:
    try:
        for part in attack.parts:
            writer.write(part)
            await writer.drain()
            if attack.pause:
                await asyncio.sleep(attack.pause)
    except OSError:
        return  # the server had enough; what it said is still to be read


async def _listen(reader: asyncio.StreamReader, attack: Attack, told: Reaction) -> None:
    parser = HttpAnswers(attack.head)
    while True:
        quiet = QUIET_SECONDS if told.answers and not parser.rest else None
        try:
            async with asyncio.timeout(quiet):
                data = await reader.read(attack.sip or 65536)
        except TimeoutError:
            told.end = "answered"
            return
        except OSError:
            data = b""
        if not data:
            told.end = "answered" if told.answers and not parser.rest else "closed"
            return
        told.raw += data
        told.answers += parser.feed(data)
        if attack.framed and told.answers and not parser.rest:
            told.end = "answered"
            return
        if attack.sip:
            await asyncio.sleep(1)
