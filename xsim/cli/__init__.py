"""One command a module: arguments in, exit code out."""
