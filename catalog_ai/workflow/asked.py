"""What addresses and forms say, as far as a database can be asked for it."""

LONGEST = 18  # digits: a primary key has 64 bits


def read_number(text: str) -> int | None:
    """A primary key; None for what cannot be one."""
    is_number = text.isascii() and text.isdigit() and len(text) <= LONGEST
    return int(text) if is_number else None


def read_text(text: str, length: int = 100) -> str:
    """The text, at most `length` characters, without NUL, which no row can hold."""
    return text.replace("\0", "")[:length]
