"""What the gate reads of the rows of an answer: their form, their oddities, and sums by day."""
