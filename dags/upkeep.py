"""# Upkeep: nothing stuck in silence

Takes over claims whose worker died, settles unknown sends, delivers hand-offs to their teams, adds
everything up, and watches how late the oldest due trigger is.

| task | does | when it fails |
|---|---|---|
| `tidy` | leases that ran out, unknown sends | store away: retried |
| `hand_offs` | tells teams of open hand-offs, by mail or webhook | never: logged, and tried again |
| `reconcile` | events = facts + dead letters, triggers = sum of outcomes | **names what does not add up** |
| `lateness` | what waits for longer than `AFTERCARE_LATE_LIMIT` | **names what is stuck** |

## At 3 a.m.
- **`lateness` failed**: its message names what has waited for too long, and where to look. When due
  triggers are not claimed: is the kind stopped (`aftercare status`)? Is its DAG paused? Are workers
  alive? Is the pool `sendgrid` there?
- **`reconcile` failed**: read its lines; each names a topic and partition or a trigger. Consumers
  that are only behind are no failure. `aftercare reconcile` says the same on the command line.
- **`hand_offs` warns "not delivered"**: the warning says why; `aftercare status` counts what waits,
  `aftercare handoffs list` shows it, so that a person can look after it meanwhile.
- **`unknown` sends "need a person"**: ask the provider about the follow-up id, then
  `aftercare unknown settle TRIGGER --arrived | --not-arrived`.

Clearing and running a task again is always safe.
"""

from airflow.sdk import DAG, task
from chain.options import options
from chain.workshop import log, workshop

with DAG("upkeep", **options(__doc__, "upkeep", every=3)) as dag:

    @task
    def tidy() -> dict[str, int]:
        from aftercare.upkeep.tidy import tidy_up

        with workshop() as parts:
            counts = dict(tidy_up(parts))
        log.info("tidied %s", counts)
        return counts

    @task
    def hand_offs() -> int:
        from aftercare.upkeep.handoffs import deliver_handoffs

        with workshop() as parts:
            return deliver_handoffs(parts)

    @task
    def reconcile() -> int:
        from aftercare.upkeep.reconcile import reconcile_or_raise

        with workshop() as parts:
            return reconcile_or_raise(parts)

    @task
    def lateness() -> float:
        from aftercare.upkeep.lateness import watch

        with workshop() as parts:
            return watch(parts)

    tidy() >> [hand_offs(), reconcile(), lateness()]
