"""Retention: which old records go, which are kept whatever their age, and how much room they take.

`rules.py` has the rules, `prune.py` carries them out in small transactions, `files.py` does so for
files, `sizes.py` measures.
"""
