"""What a host makes of a bundle (.mcpb), by the library of the format."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from tests.helpers import node

_SCRIPT = """\
import { getMcpConfigForManifest } from LIBRARY;
import { readFileSync } from "node:fs";
const [place, allow] = process.argv.slice(2);
const manifest = JSON.parse(readFileSync(`${place}/manifest.json`));
const asked = { manifest, extensionPath: place, systemDirs: {}, userConfig: { allow: JSON.parse(allow) }, pathSeparator: "/" };
console.log(JSON.stringify(await getMcpConfigForManifest(asked)));
"""


def command(place: Path, folders: Sequence[str], scratch: Path) -> list[str]:
    """The command that a host runs for the bundle that lies unpacked in `place`, of a user who allows these folders."""
    library = node.package("@anthropic-ai/mcpb") / "dist/shared/config.js"
    script = scratch / "command.mjs"
    script.write_text(_SCRIPT.replace("LIBRARY", json.dumps(library.as_uri())), encoding="utf-8")
    done = node.run(script, str(place), json.dumps(folders))
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    return [found["command"], *found["args"]]
