"""What one machine needs to run the product by itself: settings, a folder, and a PostgreSQL in it."""
