"""What mails say, one module for each letter.

A module owns its letter's facts and how they are viewed; its sentences are in the template of the
same name under `templates/mail`. `catalogue` lists the letters. To add one: write its module and
its template, and its line there. Renders; sends nothing.
"""

from prepaid.adapters.letters.catalogue import read
from prepaid.adapters.letters.room import LetterRoom
from prepaid.adapters.letters.view import Letter, View
from prepaid.adapters.letters.writer import LetterWriter

__all__ = ["Letter", "LetterRoom", "LetterWriter", "View", "read"]
