"""What becomes of a log line: its form, what is taken out of it, and that writing it holds up nobody."""
