"""Text that comes from an agent, or from code under test."""

from __future__ import annotations


def encodable(text: str) -> str:
    """The text with what UTF-8 has no bytes for escaped.

    JSON and names of files can bring half a surrogate pair into a text. That would be seen only where the text is
    written, when a long grading is over.
    """
    return text.encode(errors="backslashreplace").decode()
