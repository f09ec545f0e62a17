"""Decides what is wrong: reads the evidence, applies the rules, leaves out effects of a cause."""
