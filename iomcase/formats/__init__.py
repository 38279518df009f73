"""How dates are read, per language: one way only, because 01/02/2026 has two readings."""
