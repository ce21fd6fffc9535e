"""Voila behind the gateway: its configuration, its process, its page template and the widget host."""
