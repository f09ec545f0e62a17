"""The operating system: processes and their owners, sockets, files, log lines."""
