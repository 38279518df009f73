"""Demo data for a million people: a detailed base population, multiplied inside PostgreSQL.

`multiply.py` is the whole of it: stage the base rows, put indexes and constraints away (structure.py), fill the tables
again with every copy (columns.py says what a copy has of its own, words.py what it may be called), build indexes and
constraints with both cores. places.py makes the offices and the staff that so many cases need.

Which tables are multiplied follows from the models: whatever leads to a person or an employer and has rows.
"""
