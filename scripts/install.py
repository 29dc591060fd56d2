"""Installs locked requirements into the environment whose Python runs this: `python install.py FILE...`

uv does it, in a third of pip's time. It comes by pip, at the version and hashes that requirements-dev.txt locks. What
tells pip where packages are (its configuration, `PIP_INDEX_URL`) tells uv too. Where uv cannot, pip does.

`--editable DIR` then installs a project as it lies there. `--into DIR` installs into an environment of its own instead,
which is made if it is not there.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import re
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

LOCK = Path(__file__).resolve().parents[1] / "image/requirements-dev.txt"
PIP = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
#: Variables of uv that say what these keys of pip's configuration do.
SETTINGS = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_INDEX",
    "find-links": "UV_FIND_LINKS",
    "cert": "SSL_CERT_FILE",
}


def locked(name: str, text: str) -> str:
    """The lines of a lock file that pin one distribution. Raises ValueError where there are none."""
    found = re.search(rf"^{re.escape(name)}==.*\\\n(?:    --hash=.*\n)+", text, re.MULTILINE)
    if found is None:
        raise ValueError(f"{name} is not locked")
    return found[0].replace(" \\\n    #", "\n    #")


def settings(told: str) -> dict[str, str]:
    """What `pip config list` told, as uv's environment. What is set for uv itself stays."""
    found = {}
    for where in (r"global\.", r"install\.", r":env:\."):  # the later counts
        for key, value in re.findall(rf"^{where}([a-z-]+)='(.*)'$", told, re.MULTILINE):
            if key in SETTINGS:
                found[SETTINGS[key]] = value.replace("\\n", " ").strip()
    return {name: value for name, value in found.items() if name not in os.environ}


def uv() -> list[str]:
    """The command, installed where it is missing or of another version."""
    pin = locked("uv", LOCK.read_text(encoding="utf-8"))
    wanted = pin.split()[0].removeprefix("uv==")
    command = [sys.executable, "-m", "uv"]
    here = subprocess.run([*command, "--version"], capture_output=True, text=True, check=False).stdout.split()
    if here[1:2] != [wanted]:
        with tempfile.TemporaryDirectory() as scratch:
            file = Path(scratch) / "uv.txt"
            file.write_text(pin, encoding="utf-8")
            subprocess.run([*PIP, "install", "--require-hashes", "--requirement", str(file)], check=True)
    return command


def install(arguments: list[str], python: Path) -> None:
    """`pip install` these for `python`. Raises CalledProcessError where pip fails too."""
    try:
        told = subprocess.run([*PIP, "config", "list"], capture_output=True, text=True, check=True).stdout
        # Compiled once here, not by each of some hundred processes that the tests start.
        quiet = [] if sys.stderr.isatty() else ["--quiet"]  # somebody looks on: uv shows how far it is
        command = [*uv(), "pip", "install", *quiet, "--python", str(python), "--compile-bytecode", *arguments]
        subprocess.run(command, env={**os.environ, **settings(told)}, check=True)
    except (subprocess.CalledProcessError, OSError) as error:
        print(f"install: uv did not do it ({error}); pip does, which takes longer", file=sys.stderr)
        subprocess.run([*PIP, "--python", str(python), "install", *arguments], check=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--into", type=Path, help="directory of another environment")
    parser.add_argument("--editable", help="directory of a project")
    parser.add_argument("files", nargs="+", help="requirements with hashes")
    options = parser.parse_args()
    python = Path(sys.executable)
    if options.into is not None:
        python = options.into / "bin/python"
        if not python.exists():
            venv.create(options.into, clear=True, symlinks=True)
    try:
        install(["--require-hashes", *(part for file in options.files for part in ("--requirement", file))], python)
        if options.editable:
            # What builds it is among the requirements for development; for those of a server it is fetched meanwhile.
            here = all(importlib.util.find_spec(name) for name in ("hatchling", "editables"))
            install(["--no-deps", *(["--no-build-isolation"] if here else []), "--editable", options.editable], python)
    except subprocess.CalledProcessError as error:
        sys.exit(f"install: {error}")


if __name__ == "__main__":
    main()
