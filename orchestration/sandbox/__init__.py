"""A local HTTP server that answers like Meta's Insights API, for demos, tests and rehearsals.

`world` holds seeded accounts, `replay` serves a recorded daily export as one account, `app` speaks
the Graph API, `truth` adds the same numbers up by another way, `faults` spoils answers on demand,
and `server` runs all of it. Nothing of the product imports this package but its command line.
"""
