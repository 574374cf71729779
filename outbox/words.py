"""What went wrong, in words; see `businesses.words`."""

from businesses.words import WORDS as WORDS
from businesses.words import words as words
