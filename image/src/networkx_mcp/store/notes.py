"""The small facts of a store that are read back as something: others may have written anything in their place."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Annotated

import msgspec

from networkx_mcp.telemetry import logs

if TYPE_CHECKING:
    from networkx_mcp.store.protocol import Store

#: Note that holds the Unix time at which the last verified backup began.
BACKUP = "backup_last_success"
#: Note that tells of the graphs which that backup does not hold: `LeftOutNote` as JSON.
LEFT_OUT = "backup_left_out"
#: Graphs that it names.
NAMED = 20
#: Note that tells this store from the one before it, whose volume was lost: a backup says of which one it is.
STORE = "store_id"
#: How far the clock of who wrote a time may be ahead of ours, in seconds.
CLOCK_SECONDS = 60.0


class LeftOutNote(msgspec.Struct, frozen=True):
    """Graphs that were damaged in the store when the last backup was made, so that it does not hold them."""

    count: Annotated[int, msgspec.Meta(ge=0, le=2**53)] = 0
    #: The first of them, as `tenant/graph_id`, the tenant percent-encoded.
    graphs: Annotated[list[Annotated[str, msgspec.Meta(max_length=1000)]], msgspec.Meta(max_length=NAMED)] = []


def is_past(seconds: float) -> bool:
    """Whether a Unix time can have passed."""
    return 0 < seconds <= time.time() + CLOCK_SECONDS


async def left_out(store: Store) -> LeftOutNote:
    """What the last verified backup does not hold; nothing where no server of ours wrote the note (logged)."""
    text = await store.get_note(LEFT_OUT)
    try:
        return msgspec.json.decode(text, type=LeftOutNote) if text else LeftOutNote()
    except (msgspec.MsgspecError, RecursionError):
        logs.event("note_unsound", level=logging.WARNING, note=LEFT_OUT, value=str(text)[:40])
        return LeftOutNote()


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
