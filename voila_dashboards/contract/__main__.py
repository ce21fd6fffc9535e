"""Write the generated files where the view reads them."""

from voila_dashboards.contract.module import files

for path, text in files().items():
    path.write_text(text, encoding="utf-8")
