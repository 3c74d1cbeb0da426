"""Which characters are written with spaces between words, and which are not.

Owns the character classes that folding, tokens and patterns share.  Knows nothing else.
"""

from __future__ import annotations

import re

HAN = "〇々㐀-䶿一-鿿豈-\ufaff\U00020000-\U0003ffff"
"""Han characters, as the inside of a regular expression's brackets."""

# Kana and their marks and Bopomofo are written without spaces too, so they are searched like Han, but never joined across spaces.
UNSPACED = HAN + "\u3041-\u309f\u30a1-\u30fa\u30fc-\u30ff\u3105-\u312f\u31f0-\u31ff"
"""Characters of scripts written without spaces, as the inside of a regular expression's brackets."""

LETTER = rf"[^\W_{UNSPACED}]"
"""A letter or digit of a script with spaces, as a regular expression."""

RUN = re.compile(rf"([{UNSPACED}]+)|{LETTER}+")
"""A run of letters and digits; group 1 is set if it is of a script without spaces."""

is_unspaced = re.compile(rf"[{UNSPACED}]+").fullmatch
"""Whether a text is one run of characters of scripts without spaces (the match, or None)."""

begins_with_letter = re.compile(LETTER).match
"""Whether a text begins with a letter or digit of a script with spaces (the match, or None)."""
