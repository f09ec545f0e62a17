"""A client's days compared with other days: what stands of them, the past, and each other."""
