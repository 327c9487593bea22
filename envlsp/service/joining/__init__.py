"""How somebody comes into the team: by a code, a link or a string."""
