"""The command ``caselog``: reads the environment, builds the parts, starts them."""
