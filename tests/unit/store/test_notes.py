"""Notes of the store that others may have written: what is no time counts as none."""

from __future__ import annotations

import logging
import time

import pytest

from networkx_mcp.store import notes
from networkx_mcp.store.protocol import Store


@pytest.mark.parametrize("text", ["", "x", "nan", "inf", "-1", "1e400", "17e99", "\x00", "0x10", "[]"])
async def test_a_note_that_is_no_time_counts_as_none(store: Store, text: str, caplog: pytest.LogCaptureFixture) -> None:
    await store.put_note(notes.BACKUP, text)
    with caplog.at_level(logging.WARNING, "networkx_mcp"):
        assert await notes.last_backup(store) == 0
    assert [record.message for record in caplog.records] == (["note_unsound"] if text else [])


async def test_a_time_that_has_passed_is_read_as_it_was_written(store: Store) -> None:
    assert await notes.last_backup(store) == 0
    for told in (1.5, time.time(), time.time() + notes.CLOCK_SECONDS / 2, 0.0):
        await store.put_note(notes.BACKUP, repr(told))
        assert await notes.last_backup(store) == told


@pytest.mark.parametrize("text", ["", "x", "[]", '{"count":-1}', '{"count":1,"graphs":[1]}', "[" * 5000])
async def test_a_note_of_what_is_missing_that_is_none_counts_as_nothing(
    store: Store, text: str, caplog: pytest.LogCaptureFixture
) -> None:
    await store.put_note(notes.LEFT_OUT, text)
    with caplog.at_level(logging.WARNING, "networkx_mcp"):
        assert await notes.left_out(store) == notes.LeftOutNote()
    assert [record.message for record in caplog.records] == (["note_unsound"] if text else [])
