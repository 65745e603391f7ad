"""Servers as plain child processes: for tests, `make up` and the demo. No Docker needed.

Each server is a context manager with an `address`; `available()` says why it cannot run here.
`python -m aftercare.stack NAME` runs one in the foreground.
"""
