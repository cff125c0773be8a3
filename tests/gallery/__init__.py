"""Pictures of every page, made by one command (`make gallery`) and looked at before a release."""
