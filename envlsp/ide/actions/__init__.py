"""What is offered at a place: fixes for problems, and what the team's releases allow.

Every edit is tried on the file before it is offered: it must leave all other names with
the values they have. No edit and no title holds a value; quotes go in one by one.
"""

from envlsp.ide.actions.offering import actions

__all__ = ["actions"]
