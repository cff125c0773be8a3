"""What is sold: the one source of every price and credit quantity."""
