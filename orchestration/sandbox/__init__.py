"""A local HTTP server that answers like Meta's Insights API, for demos, tests and rehearsals.

`world` has the seeded accounts, `replay` serves a recorded daily export as one account, `wire` is
the Graph API's outer form, `answering` makes its answers, `faults` spoils them on demand, `control`
has the clock, the scripted days and the sandbox's own routes. `app` puts these together, `server`
runs it, and `process` runs it in a child process. Only the command line imports this package.
"""
