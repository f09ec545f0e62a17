"""Great Expectations suites for what arrives: one module with `build()` for each guarded table.

Every expectation belongs to a rule of `catalogue`, which says whether it blocks or warns and what
it means. The models of dbt are guarded by tests and audits of their own; no rule is in both.
"""
