"""The warm parent of all kernels: it has imported what a kernel needs, forks one on request, and knows their ends."""
