"""A recorded daily export, served as an ad account."""
