"""Whether the data can be trusted, and why not: the health checks and the panel of them."""
