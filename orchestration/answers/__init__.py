"""What the API said, in types that collection, gate and warehouse share.

No I/O but reading the seed of conversion families.
"""
