"""The quality gate: judges what arrived and gives a verdict for each client-day.

`rows/` reads the rows of an answer page by page, `comparisons/` compares its days with other days,
`frames/` puts both into the tables that the suites of `expectations` check, `gate.py` turns broken
rules into verdicts, `data_docs/` writes the pages about a run. No SQL.
"""
