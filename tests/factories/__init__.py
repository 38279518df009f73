"""Rows for tests: explicit factories, one module for each room; a test shows only what matters to it."""
