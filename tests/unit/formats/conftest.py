"""Laws are checked without a deadline for each example: machines are shared, and time is no law."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("formats", deadline=None, max_examples=60)
settings.load_profile("formats")
