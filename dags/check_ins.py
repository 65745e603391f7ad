"""# Check-ins: is it really fixed?

Asks after complaints and tickets that were resolved, some days later and only if they still are.
While any case of the customer is open, check-ins wait; they are decided again when it closes.

Tasks and failures are those of `apologies`; read its runbook. Differences:

- **A check-in is `held`**: a case is open, or it is a holiday or night where the customer lives, or
  they heard from us lately. `aftercare why TRIGGER` names which. It is decided again by itself.
- **A check-in is `withdrawn`**: the ticket was opened again meanwhile. That is right: ask nobody
  whether it is fixed when they told you that it is not.
- Stop and resume: `aftercare stop check_in`, `aftercare resume check_in`.

Clearing and running a task again is always safe.
"""

from airflow.sdk import DAG
from chain.care import care_dag

dag: DAG = care_dag("check_ins", "check_in", __doc__)
