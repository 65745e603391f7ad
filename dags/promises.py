"""# Promises: events that were expected and did not come

Rules with `after … expect … by …` leave a row for each expected event. This DAG judges those whose
time has passed, by index, never by scanning everyone, and only where the consumers have surely read
past that time: silence is believed only where we were listening.

## At 3 a.m.
- **Nothing is judged although promises are overdue**: the consumers are behind or down; `read_past`
  in `aftercare offsets list` stands still. Mend the consumers. Nobody gets a false apology meanwhile.
- **A flood of missed promises**: the `orders` topic lacks its deliveries. `aftercare stop apology`
  first, then find the producer. Triggers whose order arrives after all are withdrawn, or told with
  the template for what came late.

Clearing and running a task again is always safe.
"""

from airflow.sdk import DAG, task
from chain.options import options
from chain.workshop import log, workshop

with DAG("promises", **options(__doc__, "promises")) as dag:

    @task
    def judge() -> dict[str, int]:
        from aftercare.upkeep.promises import judge_all

        with workshop() as parts:
            counts = dict(judge_all(parts))
        log.info("judged %s", counts)
        return counts

    judge()
