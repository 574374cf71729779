"""Everything that can go wrong while invoices go out, all at once: run by `make chaos`, too long for `make test`."""
