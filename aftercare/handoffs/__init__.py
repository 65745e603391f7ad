"""Care that a person gives: telling the team, and knowing when it is done."""
