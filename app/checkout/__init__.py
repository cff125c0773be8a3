"""Purchases: from the press on a buy button to the credits, and what becomes of them later."""
