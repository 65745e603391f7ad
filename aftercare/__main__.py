"""`python -m aftercare`."""

from aftercare.cli.main import main

main()
