"""Small notebooks for tests, as files."""

import nbformat

KERNEL = {
    "kernelspec": {"name": "python3", "display_name": "Python 3"},
    "language_info": {"name": "python"},
}


def notebook(path, *cells, parameters='name: str = "a"  # what it is called'):
    """Write a notebook of code cells, the first of them that of its parameters."""
    tagged = nbformat.v4.new_code_cell(parameters, metadata={"tags": ["parameters"]})
    rest = map(nbformat.v4.new_code_cell, cells)
    nbformat.write(nbformat.v4.new_notebook(cells=[tagged, *rest], metadata=KERNEL), path)
    return path
