"""The crash campaign: the whole system while its processes are killed, and what must hold then."""
