"""The small facts of a store that are read back as something: others may have written anything in their place."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

from networkx_mcp.telemetry import logs

if TYPE_CHECKING:
    from networkx_mcp.store.protocol import Store

#: Note that holds the Unix time at which the last verified backup began.
BACKUP = "backup_last_success"
#: Note that tells this store from the one before it, whose volume was lost: a backup says of which one it is.
STORE = "store_id"
#: How far the clock of who wrote a time may be ahead of ours, in seconds.
CLOCK_SECONDS = 60.0


def is_past(seconds: float) -> bool:
    """Whether a Unix time can have passed."""
    return 0 < seconds <= time.time() + CLOCK_SECONDS


async def last_backup(store: Store) -> float:
    """When the last verified backup began, in Unix seconds; 0 where there is none, or a note that is no such time (logged)."""
    text = await store.get_note(BACKUP)
    try:
        told = float(text or 0)
    except ValueError:
        told = -1.0
    if told and not is_past(told):
        logs.event("note_unsound", level=logging.WARNING, note=BACKUP, value=str(text)[:40])
        return 0.0
    return told
