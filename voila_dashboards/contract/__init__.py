"""What Python and the browser must both know of the pages, written as TypeScript from what Python says.

``python -m voila_dashboards.contract`` writes `web/generated/`; a test holds the files to the code.
"""
