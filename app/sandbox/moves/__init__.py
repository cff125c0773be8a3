"""The transitions of payments, one module each: every move changes objects and tells of it in events."""
