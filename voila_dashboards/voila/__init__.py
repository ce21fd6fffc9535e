"""Voila behind the gateway: its configuration, its process and its page template."""
