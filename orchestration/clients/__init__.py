"""The clients file: who the agency's customers are, and where their alerts go."""
