"""What is held about a person, handed out to that person. A leaf that only reads, and that nobody imports."""
