"""What `billing check` looks at, and what it can find. Changes nothing."""
