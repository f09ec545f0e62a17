"""Decides what is wrong: facts are read, findings made of them, effects of a cause left out."""
