"""What stands behind the Makefile: standard library only: it runs before anything is installed."""
