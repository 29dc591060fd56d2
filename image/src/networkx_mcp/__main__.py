"""The command line: serve · stdio · view · token create · backup · restore · check.

Each command imports what it needs: `stdio`, which a host waits for, starts the server before it loads anything else.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import os
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from networkx_mcp import __version__
from networkx_mcp.errors import ServiceError, StoreUnavailable

if TYPE_CHECKING:
    from networkx_mcp.settings import Settings
    from networkx_mcp.stdio.owner import Owner

#: Exit codes: settings or arguments are wrong; the server could not start.
USAGE, FAILED = 2, 1


_EXAMPLES = """\
examples:
  networkx-mcp stdio                                 what a host starts (Claude Desktop, VS Code, ...)
  networkx-mcp serve                                 on http://127.0.0.1:8080/mcp, for several clients
  NETWORKX_MCP_HTTP_PORT=9000 networkx-mcp serve     settings are variables NETWORKX_MCP_<GROUP>_<NAME>
  networkx-mcp view friends.csv                      a graph in the browser
  networkx-mcp check                                 look at the settings in force, the store and the sandbox
  networkx-mcp token create --name ann               a token for Ann, and the entry to store
  networkx-mcp backup --url http://127.0.0.1:8080 --out backups
"""


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run one command and exit with its code."""
    options = _parser().parse_args(arguments)
    try:
        code = {
            "serve": _serve,
            "stdio": _stdio,
            "view": _view,
            "check": _check,
            "token": _token,
            "backup": _copy,
            "restore": _copy,
        }[options.command](options)
    except ServiceError as error:
        print(f"networkx-mcp: {error.message}", file=sys.stderr)
        code = USAGE
    except KeyboardInterrupt:
        code = 130
    sys.exit(code)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="networkx-mcp",
        description="A graph server for language models: NetworkX over the Model Context Protocol.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog=_EXAMPLES,
    )
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    serve = commands.add_parser("serve", help="serve until SIGTERM")
    serve.add_argument("--end-with-stdin", action="store_true", help="end when stdin does, as a child of `stdio` must")
    stdio = commands.add_parser(
        "stdio",
        help="serve one host over stdin and stdout, as hosts start their servers",
        description="Serves one host over stdin and stdout. Graphs are kept in a directory of the user's, which all hosts of "
        "the user share. Logs go to stderr.",
    )
    stdio.add_argument(
        "--allow",
        type=Path,
        action="extend",
        nargs="*",
        default=[],
        metavar="DIR",
        help="let this host load and save files beneath these directories, by path; may be given more than once",
    )
    stdio.add_argument("--data", type=Path, default=None, help="the directory of the graphs (default: the user's)")
    view = commands.add_parser(
        "view",
        help="look at a graph, or at a file that holds one, in the browser",
        description="Opens the viewer in the browser, until interrupted. Graphs are those of `stdio`; a file becomes one of them. The viewer "
        "listens on a port of 127.0.0.1, where everybody on this machine can call it meanwhile.",
    )
    view.add_argument("what", metavar="FILE|GRAPH", help="a file in any format that is read, or the id of a graph")
    view.add_argument("--replace", action="store_true", help="load the file over a graph of its name")
    view.add_argument("--data", type=Path, default=None, help="the directory of the graphs (default: the user's)")
    view.add_argument("--no-browser", action="store_true", help="print the address only")
    commands.add_parser("check", help="validate settings and store, print the settings in force")
    token = commands.add_parser("token", help="make tokens").add_subparsers(
        dest="token_command", required=True, metavar="COMMAND"
    )
    create = token.add_parser(
        "create",
        help="print a new token once, and the entry to store",
        description="Prints the token on the first line, once, and its entry as JSON on the second. "
        "Give the token to its user; put the entry into a file of NETWORKX_MCP_AUTH_TOKENS_DIR.",
    )
    create.add_argument("--name", required=True, help="who uses it, as the logs will call them")
    create.add_argument("--tenant", default="default", help="whose graphs it sees (default: default)")
    create.add_argument(
        "--scopes", default="read,write", help="comma-separated: read, write, admin (default: read,write)"
    )
    create.add_argument("--days", type=float, default=None, help="days until it expires (default: never)")
    backup = commands.add_parser("backup", help="copy every graph of a running server into a file")
    restore = commands.add_parser("restore", help="put the graphs of a backup into a running server")
    for command in (backup, restore):
        command.add_argument("--url", required=True, help="the server, for example http://127.0.0.1:8080")
        command.add_argument("--token-file", type=Path, help="file with a bearer token of scope admin")
        command.add_argument("--ca-file", type=Path, help="certificate authority of an https URL")
    backup.add_argument("--out", required=True, type=Path, help="file, or directory where it is named by its time")
    backup.add_argument("--keep", type=_positive, default=None, help="keep this many backups of the directory")
    restore.add_argument(
        "--from", dest="source", required=True, type=Path, help="backup, or directory: its newest that holds a graph"
    )
    restore.add_argument("--tenant", default=None, help="only the graphs of this tenant")
    restore.add_argument("--graph", default=None, help="only this graph of the tenant")
    restore.add_argument("--replace", action="store_true", help="overwrite graphs that exist and differ")
    return parser


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number


def _copy(options: argparse.Namespace) -> int:
    from networkx_mcp.backup import commands

    return commands.run(options)


def _settings() -> Settings:
    """The settings, or exit with a line for each that is wrong."""
    from pydantic import ValidationError
    from pydantic_settings import SettingsError

    from networkx_mcp.settings import Settings

    try:
        return Settings()
    except ValidationError as error:
        for problem in error.errors(include_url=False, include_input=False):
            place = ".".join(str(part) for part in problem["loc"])
            print(f"networkx-mcp: {place + ': ' if place else ''}{problem['msg']}", file=sys.stderr)
    except SettingsError as error:  # the name of a group, and no JSON behind it
        print(f"networkx-mcp: {error}", file=sys.stderr)
    sys.exit(USAGE)


def _unknown() -> list[str]:
    """A line for each variable of the environment that somebody may take for a setting. Values may be secrets: none is shown."""
    from networkx_mcp.settings import unknown_variables

    return [
        f"{name} is no setting and changes nothing{f': do you mean {near}?' if near else ''}"
        for name, near in unknown_variables(os.environ).items()
    ]


def _stdio(options: argparse.Namespace) -> int:
    for path in options.allow:
        if not path.is_dir():
            print(f"networkx-mcp: --allow {path}: no such directory", file=sys.stderr)
            return USAGE
    owner = _owner(options.data)
    if owner is None:
        return FAILED
    from networkx_mcp.stdio import relay

    print(f"networkx-mcp: graphs are kept in {owner.directory}", file=sys.stderr)
    return asyncio.run(relay.serve(owner, options.allow))


def _view(options: argparse.Namespace) -> int:
    owner = _owner(options.data)
    if owner is None:
        return FAILED
    from networkx_mcp.stdio import view

    return asyncio.run(view.show(owner, options.what, replace=options.replace, browser=not options.no_browser))


def _owner(directory: Path | None) -> Owner | None:
    """The server of a directory, on its way where nobody else runs it; None, with a line that says why, where it cannot be."""
    from networkx_mcp.stdio.owner import Owner, default_directory

    try:
        owner = Owner(directory or default_directory())
        owner.begin()
    except OSError as error:
        print(f"networkx-mcp: cannot store graphs in {error.filename}: {error.strerror}", file=sys.stderr)
        return None
    return owner


def _serve(options: argparse.Namespace) -> int:
    # As PID 1 a signal without a handler is ignored; until the server's own is there, just end.
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    settings = _settings()
    from networkx_mcp.telemetry import logs

    logs.configure(settings.log.level, form=settings.log.format)
    for line in _unknown():
        logs.event("setting_unknown", level=logging.WARNING, message=line)
    from networkx_mcp.arrays import no_pandas

    no_pandas.settle()
    from networkx_mcp.app import create_app
    from networkx_mcp.http import listening
    from networkx_mcp.http.shutdown import HttpServer
    from networkx_mcp.limits import descriptors, socket_memory

    descriptors.raise_limit()
    if (few := socket_memory.shortage(settings)) is not None:
        logs.event("memory_short", level=logging.WARNING, message=few)
    app = create_app(settings)
    server = HttpServer(app, settings, app.services.guard)
    path = settings.http.socket
    if options.end_with_stdin:
        threading.Thread(target=_end_with_stdin, daemon=True).start()
    try:
        server.run(None if path is None else [listening.bind(path)])
    except OSError as error:
        place = path or f"{settings.http.host}:{settings.http.port}"
        print(f"networkx-mcp: cannot listen on {place}: {error}", file=sys.stderr)
        return FAILED
    finally:
        if path is not None:
            path.unlink(missing_ok=True)
    return FAILED if app.failed is not None else 0


def _end_with_stdin() -> None:
    """Be told to end when stdin does: the process that held the other end is gone."""
    while os.read(0, 4096):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


def _check(_: argparse.Namespace) -> int:
    settings = _settings()
    from networkx_mcp.http.auth import Authenticator
    from networkx_mcp.http.exposure import check_exposure
    from networkx_mcp.settings import shown
    from networkx_mcp.stdio.owner import default_directory
    from networkx_mcp.store import open_store
    from networkx_mcp.telemetry import logs

    logs.configure("error", sys.stderr)
    values = shown(settings)
    print(json.dumps(values, indent=2))
    for line in _unknown():
        print(f"environment: {line}", file=sys.stderr)
    check_exposure(settings)
    print(f"stdio: keeps its graphs in {default_directory()}", file=sys.stderr)
    table = Authenticator(settings).table
    if table is not None:
        print(f"tokens: {len(table)} entries in {table.directory}", file=sys.stderr)

    from networkx_mcp.backend.kernels import native

    why = native.missing()
    print(f"kernels: {f'by libraries, slower: {why}' if why else 'compiled'}", file=sys.stderr)

    from networkx_mcp.limits import socket_memory

    few = socket_memory.shortage(settings)
    print(f"memory: {few or 'enough for the processes, all sockets and a heavy call'}", file=sys.stderr)

    from networkx_mcp.workers import sandbox

    sandbox.prepare()
    why = sandbox.missing()
    shut = f"none, workers that read bytes of others can open files and sockets: {why}" if why else sandbox.kind()
    print(f"sandbox: {shut}", file=sys.stderr)

    async def look() -> str:
        store = open_store(settings)
        try:
            await store.start()
            health = await store.health()
            return f"{health.product}: {health.detail}"
        finally:
            await store.close()

    try:
        print(f"store: {asyncio.run(look())}", file=sys.stderr)
    except StoreUnavailable as error:
        name = "path" if settings.store.type == "embedded" else "url"
        print(f"networkx-mcp: store.{name} {values['store'][name]}: {error.problem}", file=sys.stderr)
        return FAILED
    if few is not None:
        return FAILED
    print("check: all is well", file=sys.stderr)
    return 0


def _token(options: argparse.Namespace) -> int:
    from networkx_mcp.http import tokens

    token = tokens.mint()
    scopes = [scope.strip() for scope in options.scopes.split(",") if scope.strip()]
    try:
        entry = tokens.describe(token, name=options.name, tenant=options.tenant, scopes=scopes, days=options.days)
    except ValueError as error:
        print(f"networkx-mcp: {error}", file=sys.stderr)
        return USAGE
    print(token)
    print(json.dumps(entry))
    return 0


if __name__ == "__main__":
    main()
