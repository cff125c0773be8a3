"""The payment provider behind a small protocol of our own."""
