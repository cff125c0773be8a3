"""Looks at the installation all day and says in the log when something needs a person, and when it is over."""
