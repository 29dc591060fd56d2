"""Promote what staging has tested: copy the git tag and the image digest, and nothing else.

    python scripts/promote.py [DIRECTORY]

DIRECTORY is the repository (default: the one this script lies in). Two lines of argocd/environments/production/config.yaml
change, byte for byte, and the rest of the file stays as it is. Commit the change and open a pull request: its merge is the
promotion, its revert the way back. Refuses (exit 1) what is no release: a branch in place of a tag, a tag that this
clone does not know, a digest that is none.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

FIELDS = {
    "revision": ("a tag vMAJOR.MINOR.PATCH", re.compile(r"v\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?")),
    "digest": ("sha256: and 64 hexadecimal digits, not all 0", re.compile(r"sha256:(?!0{64})[0-9a-f]{64}")),
}


class NothingToPromote(Exception):
    """Staging holds nothing that could be promoted."""


def line(text: str, field: str) -> re.Match[str]:
    """The line `field: value # comment` of a config.yaml; `value` is a group. Raises NothingToPromote."""
    found = list(re.finditer(rf"^{field}: (?P<value>\S+)", text, re.MULTILINE))
    if len(found) != 1:
        raise NothingToPromote(f"{len(found)} lines begin with `{field}: `, one is needed")
    return found[0]


def promoted(staging: str, production: str) -> str:
    """The text of production's config.yaml with staging's tag and digest. Raises NothingToPromote."""
    for field, (words, form) in FIELDS.items():
        value = line(staging, field)["value"]
        if not form.fullmatch(value):
            raise NothingToPromote(f"staging has `{field}: {value}`, which is not that of a release: {words}")
        start, end = line(production, field).span("value")
        production = production[:start] + value + production[end:]
    return production


def main(root: Path) -> None:
    """Rewrite production's file under `root` and say what to do next."""
    staging, production = (root / f"argocd/environments/{name}/config.yaml" for name in ("staging", "production"))
    tested, old = staging.read_bytes().decode(), production.read_bytes().decode()
    new = promoted(tested, old)
    tag = line(new, "revision")["value"]
    known = subprocess.run(
        ["git", "-C", str(root), "rev-parse", "--quiet", "--verify", f"refs/tags/{tag}^{{commit}}"],
        capture_output=True,
        check=False,
    )
    if known.returncode != 0:
        raise NothingToPromote(f"this clone has no tag {tag}; `git fetch --tags`, if it was pushed elsewhere")
    if new == old:
        print(f"promote: production is at {tag} already")
        return
    production.write_bytes(new.encode())
    print(f"promote: production -> {tag}; review `git diff`, commit, open a pull request")


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).resolve().parents[1]))
    except NothingToPromote as error:
        sys.exit(f"promote: {error}")
