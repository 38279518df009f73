"""Believable demo data, the same for the same number of people, seed and day.

`generate()` in seed.py is the whole of it, in this order: staff.py (offices, users), market.py (employers, demands),
people.py with names.py (who), course.py (which way each case went, and when), then the rows of each case: cases.py
(the case, its diary, its steps), papers.py (what it needed to travel), abroad.py (placement and way home), home.py
(reintegration). rows.py writes them with COPY.
"""
