"""Write the image's bill of materials: CycloneDX 1.6 JSON of its Python distributions, on stdout.

Names, versions and hashes come from image/requirements.txt, which is what the image installs; licences and
dependencies from the installed distributions of this environment. The base image's packages are not in it:
its publisher says what they are. The same lock file gives the same bytes.
"""

from __future__ import annotations

import importlib.metadata as metadata
import json
import re
import sys
import tomllib
import uuid
from pathlib import Path
from typing import Any, NamedTuple

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

IMAGE = Path(__file__).resolve().parents[1] / "image"
_NAMESPACE = uuid.UUID("5f2a4c1e-6f0b-4a55-9d0e-2f4d1f6f1a10")


class Locked(NamedTuple):
    """One distribution of the lock file: the hashes are those of all its published files."""

    name: str
    version: str
    hashes: list[str]


def locked(path: Path = IMAGE / "requirements.txt") -> list[Locked]:
    """What the lock file installs on this platform and Python."""
    found = []
    text = re.sub(r"\\\n", " ", path.read_text(encoding="utf-8"))
    for line in text.splitlines():
        if not re.match(r"[A-Za-z0-9]", line):
            continue
        head, *options = re.split(r"\s+--hash=", line)
        requirement = Requirement(head.strip())
        if requirement.marker is None or requirement.marker.evaluate():
            version = next(iter(requirement.specifier)).version
            hashes = [option.removeprefix("sha256:").strip() for option in options]
            found.append(Locked(canonicalize_name(requirement.name), version, hashes))
    return found


def _first(said: metadata.PackageMetadata, field: str) -> str:
    return str((said.get_all(field) or [""])[0]).strip()


def _licences(said: metadata.PackageMetadata) -> list[dict[str, Any]]:
    if expression := _first(said, "License-Expression"):
        return [{"expression": expression}]
    names = [
        line.rsplit("::", 1)[1].strip() for line in said.get_all("Classifier") or [] if line.startswith("License ::")
    ]
    short = _first(said, "License")
    if not names and short and "\n" not in short:
        names = [short]
    return [{"license": {"name": name}} for name in names]


def _purl(name: str, version: str) -> str:
    return f"pkg:pypi/{name}@{version}"


def _needs(requirements: list[Requirement], extras: set[str]) -> list[Requirement]:
    """Those that hold here, with the extras asked for."""
    wanted = extras | {""}
    return [r for r in requirements if r.marker is None or any(r.marker.evaluate({"extra": extra}) for extra in wanted)]


def bill() -> dict[str, Any]:
    """The bill of materials. Raises PackageNotFoundError when the lock file is not what is installed."""
    distributions = locked()
    versions = {item.name: item.version for item in distributions}
    requires = {item.name: [Requirement(r) for r in metadata.requires(item.name) or []] for item in distributions}
    own = tomllib.loads((IMAGE / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    direct = [Requirement(line) for line in own["dependencies"]]
    extras: dict[str, set[str]] = {}
    for requirement in [*direct, *(r for each in requires.values() for r in each)]:
        extras.setdefault(canonicalize_name(requirement.name), set()).update(requirement.extras)

    def purls(requirements: list[Requirement]) -> list[str]:
        names = {canonicalize_name(r.name) for r in requirements} & versions.keys()
        return sorted(_purl(name, versions[name]) for name in names)

    components, graph = [], []
    for item in distributions:
        distribution = metadata.distribution(item.name)
        if distribution.version != item.version:
            raise SystemExit(f"sbom: {item.name} {distribution.version} is installed, {item.version} is locked")
        purl = _purl(item.name, item.version)
        components.append(
            {
                "type": "library",
                "bom-ref": purl,
                "name": item.name,
                "version": item.version,
                "purl": purl,
                "licenses": _licences(distribution.metadata),
                "externalReferences": [
                    {
                        "type": "distribution",
                        "url": f"https://pypi.org/project/{item.name}/{item.version}/",
                        "hashes": [{"alg": "SHA-256", "content": content} for content in item.hashes],
                    }
                ],
            }
        )
        graph.append({"ref": purl, "dependsOn": purls(_needs(requires[item.name], extras.get(item.name, set())))})
    root = _purl(own["name"], own["version"])
    graph.append({"ref": root, "dependsOn": purls(direct)})
    component = {
        "type": "application",
        "bom-ref": root,
        "name": own["name"],
        "version": own["version"],
        "purl": root,
        "licenses": [{"expression": own["license"]}],
    }
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(_NAMESPACE, json.dumps(components, sort_keys=True))}",
        "version": 1,
        "metadata": {"component": component},
        "components": components,
        "dependencies": sorted(graph, key=lambda entry: str(entry["ref"])),
    }


if __name__ == "__main__":
    json.dump(bill(), sys.stdout, indent=1, sort_keys=True)
    sys.stdout.write("\n")
