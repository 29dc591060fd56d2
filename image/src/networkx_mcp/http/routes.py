"""Which service a path leads to, and whether it may be called now."""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send

from networkx_mcp.errors import NotFound, ServiceError, Unavailable
from networkx_mcp.http.exchange import EXCHANGE_KEY, Exchange
from networkx_mcp.http.health import Status
from networkx_mcp.http.labels import MOUNTS
from networkx_mcp.limits.shed import shed

_SERVICE_KEY = "networkx_mcp.service"


class NoSuchPath(NotFound):
    """No such path."""


class MethodNotAllowed(ServiceError):
    """The path does not know this method."""

    code, outcome, status = "method_not_allowed", "client_error", 405


class Service:
    """An ASGI app below one path, with the methods it knows.

    It is called with a caller that was authenticated and within its rate, unless it is public; what it raises as
    ServiceError becomes the answer.
    """

    def __init__(self, app: ASGIApp, methods: frozenset[str], *, jsonrpc: bool = False, public: bool = False) -> None:
        self.app = app
        self.methods = methods
        self.jsonrpc = jsonrpc
        #: It tells everybody the same: no caller is asked for a token, none has a rate.
        self.public = public


class Routes:
    """The services of one process, by the first part of their path: `mcp`, `graphs`, `admin`, `view`."""

    def __init__(self) -> None:
        self.services: dict[str, Service] = {}

    def find(self, scope: Scope) -> tuple[str, Service | None]:
        """The first part of the path and its service, which is noted in the scope."""
        mount = _mount(scope)
        service = scope[_SERVICE_KEY] = self.services.get(mount)
        return mount, service

    @staticmethod
    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        """The service that was found: the end of the way in."""
        service: Service = scope[_SERVICE_KEY]
        await service.app(scope, receive, send)


class KnownPath:
    """Refuses paths that lead nowhere. Raises NoSuchPath, errors.Unavailable while their service is still made."""

    def __init__(self, app: ASGIApp, status: Status) -> None:
        self.app = app
        self._status = status

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope[_SERVICE_KEY] is None:
            if _mount(scope) in MOUNTS and not self._status.started:
                raise starting(self._status)
            raise NoSuchPath("There is nothing at this path; the server answers at /mcp.")
        await self.app(scope, receive, send)


class ReadyService:
    """Refuses what the service cannot take: another method, a socket beyond the last place, a call before the start.

    What a public service is asked goes to it from here, all else through `app`: who calls, and how often.
    Raises MethodNotAllowed, errors.Shed, errors.Unavailable.
    """

    def __init__(self, app: ASGIApp, status: Status) -> None:
        self.app = app
        self._status = status

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        service: Service = scope[_SERVICE_KEY]
        exchange: Exchange = scope[EXCHANGE_KEY]
        if scope["method"] not in service.methods:
            methods = ", ".join(sorted(service.methods))
            exchange.headers.append((b"allow", methods.encode()))
            raise MethodNotAllowed(f"This path answers {methods} only.")
        if exchange.connection is not None and not exchange.connection.has_place():
            raise shed("All client sockets are in use (limits.sockets).", retry_after=1, reason="sockets")
        if not self._status.started:
            raise starting(self._status)
        await (service.app if service.public else self.app)(scope, receive, send)


def starting(status: Status) -> Unavailable:
    """The refusal of a call that came before the server has started."""
    return Unavailable(f"The server is starting: {status.waiting_for}.", retry_after=1)


def _mount(scope: Scope) -> str:
    """The first part of the path. A target need not begin with a slash: `OPTIONS *`."""
    return str((*scope["path"].split("/", 2), "")[1])
