"""Notebooks run with checked parameters: the only room that knows papermill, IPython and kernels."""
