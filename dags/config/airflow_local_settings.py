"""Read by every Airflow component at its start; `dags/config` is on their PYTHONPATH.

Importing Great Expectations costs a task two to four seconds. The scheduler imports it once, and
the LocalExecutor's forks inherit it: a gate task then takes about one second.
"""

import logging
import sys

if sys.argv[1:2] == ["scheduler"]:
    # it greets with some 200 INFO lines
    logging.getLogger("great_expectations").setLevel(logging.WARNING)
    import great_expectations  # noqa: F401
    import pandas  # noqa: F401  # type: ignore[import-untyped]
