"""The look of the product and its plumbing to HTTP: rendering, forms, errors, security. Knows no feature."""
