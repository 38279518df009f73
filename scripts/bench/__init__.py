"""`make bench`: how long the main pages and the large pieces of work take, at ten thousand people and at a million.

`__main__.py` runs `one.py` for each size in a process of its own and writes the results down (report.py). A size has a
private database under var/bench-<people> (database.py). Pages (pages.py) are asked for through the web server of
`make run`, signed in, in turn with the same work written by hand in SQL and shown by the smallest template (floor.py)
and with the stock Django admin over the same tables (admin.py): serving.py, visits.py. Work on many rows: work.py.
"""
