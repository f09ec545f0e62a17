"""Publications of the marts: builds, what changed, rollback and verification."""
