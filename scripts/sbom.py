"""Write the image's bill of materials: CycloneDX 1.6 JSON of its Python distributions, on stdout, by cyclonedx-python-lib.

Names, versions and hashes come from image/requirements.txt, which is what the image installs; licences and
dependencies from the installed distributions of this environment. The base image's packages are not in it:
its publisher says what they are. The same lock file gives the same bytes.
"""

from __future__ import annotations

import importlib.metadata as metadata
import re
import sys
import tomllib
import uuid
from pathlib import Path
from typing import NamedTuple

from cyclonedx.model import ExternalReference, ExternalReferenceType, HashAlgorithm, HashType, XsUri
from cyclonedx.model.bom import Bom, BomMetaData
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.model.license import DisjunctiveLicense, License, LicenseExpression
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL
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


def _licences(said: metadata.PackageMetadata) -> list[License]:
    if expression := _first(said, "License-Expression"):
        return [LicenseExpression(expression)]
    names = [
        line.rsplit("::", 1)[1].strip() for line in said.get_all("Classifier") or [] if line.startswith("License ::")
    ]
    short = _first(said, "License")
    if not names and short and "\n" not in short:
        names = [short]
    return [DisjunctiveLicense(name=name) for name in names]


def _component(kind: ComponentType, name: str, version: str, licences: list[License], hashes: list[str]) -> Component:
    purl = PackageURL("pypi", name=name, version=version)
    published = ExternalReference(
        type=ExternalReferenceType.DISTRIBUTION,
        url=XsUri(f"https://pypi.org/project/{name}/{version}/"),
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=content) for content in hashes],
    )
    return Component(
        type=kind,
        bom_ref=str(purl),
        name=name,
        version=version,
        purl=purl,
        licenses=licences,
        external_references=[published] if hashes else [],
    )


def _needs(requirements: list[Requirement], extras: set[str]) -> list[Requirement]:
    """Those that hold here, with the extras asked for."""
    wanted = extras | {""}
    return [r for r in requirements if r.marker is None or any(r.marker.evaluate({"extra": extra}) for extra in wanted)]


def bill() -> str:
    """The bill of materials. Raises SystemExit where the lock file is not what is installed."""
    distributions = locked()
    requires = {item.name: [Requirement(r) for r in metadata.requires(item.name) or []] for item in distributions}
    own = tomllib.loads((IMAGE / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    # The image has all extras.
    asked = [*own["dependencies"], *(line for lines in own["optional-dependencies"].values() for line in lines)]
    direct = [found for line in asked if (found := Requirement(line)).name != own["name"]]
    extras: dict[str, set[str]] = {}
    for requirement in [*direct, *(r for each in requires.values() for r in each)]:
        extras.setdefault(canonicalize_name(requirement.name), set()).update(requirement.extras)
    components: dict[str, Component] = {}
    for item in distributions:
        distribution = metadata.distribution(item.name)
        if distribution.version != item.version:
            raise SystemExit(f"sbom: {item.name} {distribution.version} is installed, {item.version} is locked")
        licences = _licences(distribution.metadata)
        components[item.name] = _component(ComponentType.LIBRARY, item.name, item.version, licences, item.hashes)

    def named(requirements: list[Requirement]) -> list[Component]:
        names = {canonicalize_name(r.name) for r in requirements}
        return [component for name, component in components.items() if name in names]

    licence = LicenseExpression(own["license"])
    root = _component(ComponentType.APPLICATION, own["name"], own["version"], [licence], [])
    lock = (IMAGE / "requirements.txt").read_text(encoding="utf-8")
    made = Bom(
        components=components.values(),
        metadata=BomMetaData(component=root),
        serial_number=uuid.uuid5(_NAMESPACE, f"{own['version']}\n{lock}"),
    )
    made.metadata.timestamp = None  # the same lock file gives the same bytes
    made.register_dependency(root, named(direct))
    for name, component in components.items():
        made.register_dependency(component, named(_needs(requires[name], extras.get(name, set()))))
    return JsonV1Dot6(made).output_as_string(indent=1)


if __name__ == "__main__":
    sys.stdout.write(f"{bill()}\n")
