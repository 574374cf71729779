"""Readers of what banks hand out: statements and collection returns become plain movements, without the database."""
