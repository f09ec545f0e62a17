"""What the calls of one run share: limits, pauses, budgets, and which tokens may still be used."""
