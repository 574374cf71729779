"""E-mails to payers and to staff: who gets which, in which words, and what became of each."""
