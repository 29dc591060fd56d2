"""Connections to one Redis/Valkey: a bounded pool, pipelines, time limits, no hidden repeats.

redis-py's connection does the protocol, TLS and authentication. Its client is not used: between taking a connection and sending
on it, a write has to learn whether that leads to the server that was read. And it costs more: with a pool of as many connections and
without repeats, 1.6 to 1.7 times our CPU for the read of a head and 1.3 to 1.4 times for an append, by one caller and by 32
(`python benchmarks/redis_link.py`; benchmarks/results/redis_link.json).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from redis.asyncio.connection import Connection, SSLConnection
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.credentials import CredentialProvider
from redis.exceptions import AuthenticationError, OutOfMemoryError, ReadOnlyError, RedisError, ResponseError

from networkx_mcp import settings
from networkx_mcp.errors import InvalidInput, StoreDamaged, StoreUnavailable
from networkx_mcp.store import redis_check
from networkx_mcp.store.shared import refused, unavailable

_log = logging.getLogger(__name__)

#: Connections of one process. Writers on separate connections share the server's fsync.
CONNECTIONS = 32

Command = Sequence[str | bytes | memoryview | int | float]


class Lost(StoreUnavailable):
    """The connection broke, as it does when the store restarts: a read may be repeated at once."""


class Replaced(StoreUnavailable):
    """Another server process answers than when the operation began; nothing was sent to it."""


class _Password(CredentialProvider):
    """User name and password of one connection, the file read at each connect: a rotated Secret needs no restart."""

    def __init__(self, store: settings.StoreSettings) -> None:
        self._store = store
        #: The password that was sent last.
        self.sent: str | None = None
        #: Sent in place of the file's.
        self.instead: str | None = None

    def get_credentials(self) -> tuple[str] | tuple[str, str]:
        secret = settings.store_password(self._store)
        password = self.instead if self.instead is not None else secret.get_secret_value() if secret else ""
        self.sent = password
        return (self._store.username, password) if self._store.username else (password,)

    async def get_credentials_async(self) -> tuple[str] | tuple[str, str]:
        return self.get_credentials()


def connection_arguments(store: settings.StoreSettings) -> dict[str, Any]:
    """Arguments of redis-py's connection. Raises InvalidInput naming the setting that is wrong."""
    url = urlsplit(store.url)
    if url.scheme not in ("redis", "rediss") or not url.hostname:
        raise InvalidInput("store.url must be redis://host:port/db or rediss://host:port/db", field="store.url")
    if url.password or url.username:
        raise InvalidInput(
            "store.url must hold no user or password, it is shown in places: use store.username and "
            "store.password_file",
            field="store.url",
        )
    database = url.path.strip("/") or "0"
    if not database.isdigit() or url.query:
        raise InvalidInput("store.url must end in /<database number>", field="store.url")
    arguments: dict[str, Any] = {"host": url.hostname, "port": url.port or 6379, "db": int(database)}
    if url.scheme == "rediss" and store.tls_ca_file is not None:
        arguments["ssl_ca_certs"] = str(store.tls_ca_file)
    return arguments


class Link:
    """Sends pipelines. All errors of transport and server end as StoreUnavailable."""

    def __init__(self, store: settings.StoreSettings, connections: int = CONNECTIONS) -> None:
        self._arguments = connection_arguments(store)
        self._store = store
        #: The last password that the store took.
        self._accepted: str | None = None
        self._tls = store.url.startswith("rediss:")
        self._timeout = store.timeout_seconds
        self._slots = asyncio.Semaphore(connections)
        self._idle: list[Connection] = []
        #: Changes of the server seen so far, and what the last one is known by; None before the first.
        self.era = 0
        self._identity: tuple[str, str] | None = None
        self._forget: list[Callable[[], None]] = []
        self._closing: set[asyncio.Task[None]] = set()

    def when_replaced(self, forget: Callable[[], None]) -> None:
        """See `protocol.Store.when_replaced`."""
        self._forget.append(forget)

    async def close(self) -> None:
        self.hang_up()
        await asyncio.gather(*self._closing)

    async def ask(self, *commands: Command) -> list[Any]:
        """As `call`, for commands that change nothing: a lost connection is tried once more, and so is an answer that
        may be of the server before."""
        era = self.era
        try:
            replies = await self.call(*commands)
        except Lost:
            return await self.call(*commands)
        return replies if era == self.era else await self.call(*commands)

    async def call(self, *commands: Command, era: int | None = None) -> list[Any]:
        """Send the commands in one go; their replies in order. An error reply is an element of the
        list (redis.ResponseError), so that one failed command hides no other's reply.

        Raises StoreUnavailable where the store does not answer within the time limit, and Lost
        where the connection broke; the commands may have been carried out in both cases. With `era`: only
        to the server process of that era, else Replaced, and nothing was sent."""
        try:
            async with asyncio.timeout(self._timeout), self._slots:
                return await self._on_connection(commands, era)
        except TimeoutError as error:
            raise unavailable(f"did not answer within {self._timeout:g} s") from error

    async def _on_connection(self, commands: Sequence[Command], era: int | None) -> list[Any]:
        connection = self._idle.pop() if self._idle else self._new()
        try:
            if connection.is_connected and await _stale(connection):
                await connection.disconnect(nowait=True)
            if not connection.is_connected:
                await self._connect(connection)
                await self._meet(connection)
            if era is not None and era != self.era:
                raise Replaced("the store's server was replaced; nothing was changed: try again", retry_after=1)
            met = self.era
            await connection.send_packed_command(connection.pack_commands(commands))
            replies = [await _reply(connection) for _ in commands]
        except (RedisError, OSError) as error:
            await connection.disconnect(nowait=True)
            raise _translated(error) from error
        except Replaced:
            self._idle.append(connection)
            raise
        except BaseException:
            # A reply that nobody waits for any more must not answer the next call.
            await connection.disconnect(nowait=True)
            raise
        if met == self.era and not any(map(_read_only, replies)):
            self._idle.append(connection)
        else:  # it may still lead to the server before, which perhaps lives on as a replica
            await connection.disconnect(nowait=True)
        return replies

    async def _connect(self, connection: Connection) -> None:
        """Connect with the password in the file. Where the store refuses it, once more with the one it took last: while
        a Secret rotates, this pod's copy may be newer than the store's by two minutes."""
        provider = connection.credential_provider
        if not isinstance(provider, _Password):
            await connection.connect()  # type: ignore[no-untyped-call]
            return
        try:
            await connection.connect()  # type: ignore[no-untyped-call]
        except RedisError as error:
            if not _wrong_password(error) or self._accepted in (None, provider.sent):
                raise
            await connection.disconnect(nowait=True)
            provider.instead = self._accepted
            try:
                await connection.connect()  # type: ignore[no-untyped-call]
            finally:
                provider.instead = None
        self._accepted = provider.sent

    async def _meet(self, connection: Connection) -> None:
        """Learn which server a new connection leads to, before it is used."""
        await connection.send_packed_command(connection.pack_commands([("INFO", "server"), ("INFO", "replication")]))
        info: dict[str, str] = {}
        for reply in [await _reply(connection), await _reply(connection)]:
            if isinstance(reply, ResponseError):
                return  # INFO is forbidden, so nothing is known
            info |= redis_check.parse_info(reply)
        self.met(info)

    def met(self, info: Mapping[str, str]) -> None:
        """Compare the server that told `info` with the last one. Where it is another process (`run_id`), or one with
        another history (`master_replid`: a replica that was synchronised and took over), what was read is forgotten."""
        identity = (info.get("run_id", ""), info.get("master_replid", ""))
        if identity == self._identity:
            return
        known, self._identity = self._identity is not None, identity
        if known:
            self.era += 1
            _log.warning("another server answers for the store", extra={"event": "store_replaced"})
            for forget in self._forget:
                forget()
            self.hang_up()

    def hang_up(self) -> None:
        """Close the connections that nobody uses: the next call finds out anew where the store's address leads."""
        idle, self._idle = self._idle, []
        for connection in idle:
            self._closing.add(task := asyncio.get_running_loop().create_task(connection.disconnect(nowait=True)))
            task.add_done_callback(self._closing.discard)

    def _new(self) -> Connection:
        kind = SSLConnection if self._tls else Connection
        secret = self._store.password_file is not None or self._store.username
        # No limit on the socket: `call` limits the whole. RESP2: replies need no negotiation.
        return kind(
            **self._arguments,
            credential_provider=_Password(self._store) if secret else None,
            socket_timeout=None,
            socket_connect_timeout=self._timeout,
            retry=Retry(NoBackoff(), 0),
            driver_info=None,
            protocol=2,
        )


async def _stale(connection: Connection) -> bool:
    try:
        return bool(await connection.can_read())
    except (RedisError, OSError):
        return True


async def _reply(connection: Connection) -> Any:
    try:
        return await connection.read_response(disconnect_on_error=False)
    except ResponseError as error:
        return error


def _translated(error: Exception) -> StoreUnavailable:
    if _wrong_password(error):
        return unavailable("does not accept the password (store.username, store.password_file)")
    known = unavailable(f"cannot be reached ({type(error).__name__})")
    _log.warning("store connection failed: %s", error, extra={"event": "store_connection_failed"})
    return Lost(known.problem, hint=known.hint, retry_after=known.retry_after)


def _wrong_password(error: Exception) -> bool:
    return isinstance(error, AuthenticationError) or str(error).startswith(("WRONGPASS", "NOAUTH"))


def _read_only(reply: Any) -> bool:
    """Whether a replica refused a write. Redis before 7 says so inside the error of the script that wrote."""
    return isinstance(reply, ReadOnlyError) or (isinstance(reply, ResponseError) and "-READONLY" in str(reply))


def raise_for(reply: Any, key: str = "") -> Any:
    """The reply, or StoreUnavailable for an error reply; StoreDamaged where a key, perhaps `key`, is of another type."""
    if not isinstance(reply, ResponseError):
        return reply
    if wrong_type(reply):
        raise other_type(key) from reply
    _log.error("store refused a command: %s", reply, extra={"event": "store_refused"})
    if isinstance(reply, OutOfMemoryError):
        # Checked by the server before a script's first write.
        raise refused("is full (its maxmemory, or its volume): delete graphs, or give the store more room") from reply
    if _read_only(reply):
        raise refused("is a read-only replica now: point store.url at the primary") from reply
    raise unavailable(f"refused a command ({str(reply).splitlines()[0][:120]})", answered=True) from reply


def wrong_type(reply: Any) -> bool:
    """Whether a command met a key of another type. Redis before 7 says so inside the error of the script that sent it."""
    return isinstance(reply, ResponseError) and "WRONGTYPE" in str(reply)


def other_type(key: str, found: str = "") -> StoreDamaged:
    """The error for a key that somebody made another type, `found` where that is known."""
    name = f"key {key}" if key else "a key"
    _log.error("%s of the store is of another type", name, extra={"event": "store_damaged", "key": key, "found": found})
    advice = next((text for end, text in _ADVICE.items() if key.endswith(end)), "let the operator look at it")
    return StoreDamaged(
        f"{name} of the store is {f'a {found}' if found else 'of another type'}, which no server of ours made it: {advice}",
        key=key,
    )


#: What an operator does about a key of another type, by the end of its name.
_ADVICE = {
    ":usage": "let the operator delete the key; it is counted anew",
    ":ids": "let the operator delete the key and restore the graphs from a backup with --replace",
    ":ops": "let the operator delete the key; what it remembered of repeated writes is lost",
    ":ops:fresh": "let the operator delete the key; operation ids are remembered longer",
    ":ops:kept": "let the operator delete the key; operation ids are remembered longer",
    ":tenants": "let the operator delete the key and restore the graphs from a backup with --replace",
    ":notes": "let the operator delete the key and run a backup",
}
