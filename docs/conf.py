"""Sphinx settings; `make docs` builds the site offline, with warnings as errors."""

from __future__ import annotations

import sys
from pathlib import Path

import ferkit

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

from generated_pages import write_generated_pages  # noqa: E402

project = "ferkit"
author = "the ferkit authors"
copyright = f"2026, {author}"
release = version = ferkit.__version__

extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx_click"]
exclude_patterns = ["_build", ".jupyter_cache", "**.ipynb_checkpoints", "_generated/*.md"]
source_suffix = {".md": "myst-nb", ".ipynb": "myst-nb"}

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
# The notebook is executed by a test on drawn faces; its page shows the code alone.
nb_execution_mode = "off"

# Docstrings put shapes, types and names in single backticks.
default_role = "code"
napoleon_google_docstring = True
napoleon_numpy_docstring = False
napoleon_use_ivar = True
autodoc_typehints = "signature"
autodoc_member_order = "bysource"

# Two hyphens of an option must stay two hyphens.
smartquotes = False

html_theme = "furo"
html_title = f"ferkit {release}"
html_theme_options = {"source_edit_link": "", "top_of_page_buttons": []}
html_copy_source = False
html_show_sphinx = False

write_generated_pages(HERE / "_generated")
