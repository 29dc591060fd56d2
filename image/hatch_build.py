"""Compiles the kernels: `python hatch_build.py [--optional] [--sanitize]`, and hatchling's hook for the wheel.

The C sources become one shared library beside them, which knows nothing of Python: one file serves all versions.
The compiler is $CC, else ziglang of requirements-build.txt, else cc, gcc or clang. A wheel is not built without it, unless
NETWORKX_MCP_PURE asks for one that fits every platform;
an editable installation is, and the server then computes by its libraries, more slowly, and says so.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import platform
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path
from typing import Any

try:
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface
except ImportError:  # as a command it needs nothing
    BuildHookInterface = object  # type: ignore[assignment,misc]

HERE = Path(__file__).parent
SOURCES = HERE / "src/networkx_mcp/backend/kernels/native"
LIBRARY = "kernels.so"

# No option may depend on the machine that builds. Fused multiply-add would change sums that are compared for
# equality (weighted shortest paths), so it is off everywhere.
FLAGS = ("-std=c11", "-O2", "-fPIC", "-shared", "-fvisibility=hidden", "-ffp-contract=off", "-Wall", "-Wextra")
LINK = ("-s", "-Wl,--build-id=none")
SANITIZE = ("-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-fno-omit-frame-pointer")
#: Set it, and the wheel is one for all platforms, without the library.
PURE = "NETWORKX_MCP_PURE"
#: The oldest C library that the wheel runs with: Debian 10's.
GLIBC = "2.28"


class NoCompiler(Exception):
    """There is none, or it failed; the message says which."""


def compiler() -> list[str]:
    """The command. Raises NoCompiler."""
    if chosen := os.environ.get("CC"):
        return chosen.split()
    if importlib.util.find_spec("ziglang") is not None:
        # without a target it would build for this very processor
        return [sys.executable, "-m", "ziglang", "cc", "-target", f"{platform.machine()}-linux-gnu.{GLIBC}"]
    for name in ("cc", "gcc", "clang"):
        if found := shutil.which(name):
            return [found]
    raise NoCompiler("no C compiler: install one, or ziglang (requirements-build.txt)")


def build(target: Path, *, sanitize: bool = False) -> Path:
    """Compile all sources to `target`, which appears whole or not at all. Raises NoCompiler."""
    command = compiler()
    sources = sorted(path.name for path in SOURCES.glob("*.c"))
    link = () if platform.system() == "Darwin" or sanitize else LINK
    with tempfile.TemporaryDirectory() as scratch:
        new = Path(scratch) / LIBRARY
        environment = {**os.environ, "ZIG_GLOBAL_CACHE_DIR": scratch, "ZIG_LOCAL_CACHE_DIR": scratch}
        done = subprocess.run(  # noqa: S603  the command is the builder's own
            [*command, *FLAGS, *(SANITIZE if sanitize else ()), *sources, "-lm", *link, "-o", str(new)],
            cwd=SOURCES, env=environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode:
            raise NoCompiler(f"{' '.join(command)} failed:\n{done.stderr}")
        target.parent.mkdir(parents=True, exist_ok=True)
        # renamed into place: a server that runs keeps the file it has mapped
        beside = target.with_suffix(".new")
        shutil.copyfile(new, beside)
        beside.replace(target)
    return target


def is_current(target: Path) -> bool:
    """Whether the library is there and newer than all that it is made of."""
    parts = [Path(__file__), *SOURCES.glob("*.[ch]")]
    return target.exists() and target.stat().st_mtime >= max(part.stat().st_mtime for part in parts)


class CustomBuildHook(BuildHookInterface):
    """Puts the library into the wheel; an editable installation finds it in its sources."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable":
            try:
                if not is_current(SOURCES / LIBRARY):
                    build(SOURCES / LIBRARY)
            except NoCompiler as error:
                self.app.display_warning(f"kernels are not compiled: {error}")
            return
        if os.environ.get(PURE):
            return
        made = build(Path(tempfile.mkdtemp()) / LIBRARY)
        build_data["pure_python"] = False
        build_data["tag"] = f"py3-none-{_platform()}"
        build_data["force_include"][str(made)] = f"networkx_mcp/backend/kernels/native/{LIBRARY}"


def _platform() -> str:
    """The tag of the platform: where our compiler built for GLIBC, every Linux that has it or a later one (PEP 600)."""
    if platform.system() == "Linux" and "ziglang" in compiler():
        return f"manylinux_{GLIBC.replace('.', '_')}_{platform.machine()}"
    return sysconfig.get_platform().replace("-", "_").replace(".", "_")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--optional", action="store_true", help="without a compiler say so and succeed")
    parser.add_argument("--sanitize", action="store_true", help="with address and undefined-behaviour checks")
    parser.add_argument("--out", type=Path, default=SOURCES / LIBRARY)
    options = parser.parse_args()
    try:
        build(options.out, sanitize=options.sanitize)
    except NoCompiler as error:
        if not options.optional:
            sys.exit(str(error))
        print(f"kernels are not compiled, the server will be slower: {error}", file=sys.stderr)


if __name__ == "__main__":
    main()
