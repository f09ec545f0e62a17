"""Great Expectations suites for what arrives: one module per guarded relation, `build()` each.

Every expectation carries `meta`: the rule's name, whether it blocks or warns, and what it means in
words of the business. Models are guarded by dbt tests and audits instead; no rule lives in both.
"""
