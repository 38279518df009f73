"""Small chunks for workers of tests (`--include tests.base.batches.small_chunks`): many moments to be killed in few rows."""

from programmes.base.batches import imports
from programmes.journey.enrolment.imports import PeopleImport

PeopleImport.chunk = 40
imports.AT_ONCE = 60
