"""What becomes of answers: asked again, completed from a deeper level, kept or refused."""
