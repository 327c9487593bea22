"""What is wrong in a document: one small file per family of problems.

Refuses to know how problems are shown. Messages quote names, never a value, and never a
word of a line that is not a plain name. Ranges stand on names, since a masked value has
no width to speak of.
"""

from envlsp.ide.problems.codes import CODES, GROUPS, Code
from envlsp.ide.problems.collect import problems, problems_on

__all__ = ["CODES", "GROUPS", "Code", "problems", "problems_on"]
