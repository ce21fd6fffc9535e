"""What runs in a notebook's kernel: one call that shows a page and answers its questions."""

from voila_dashboards.kernel.showing import show

__all__ = ["show"]
