"""How results are printed: the terminal, tables, progress, JSON documents."""
