"""What outside judges say of the running product (`make audit`). Each module asks one of them."""
