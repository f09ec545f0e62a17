"""Starts the commands of the tests from a process that has imported everything once.

A command of this project spends two to six seconds of a core on imports, and the tests start more
than a thousand. Here a process per worker imports them all, and forks for each command: a process
of its own, with its own arguments, environment, folder, descriptors and session, that runs the
installed script from its first line to the end of the interpreter.
"""
