"""# Apologies: something went wrong and we say so, once

Sends the apologies that care rules called for: late or damaged orders, missed promises, refunds,
complaints received. Woken by the consumers when a trigger is born, and sweeping on a schedule for
what falls due.

| task | does | when it fails |
|---|---|---|
| `claim` | takes due triggers, up to 8 batches | store away: retried with back-off; nothing was sent |
| `check` | Great Expectations; bad rows into quarantine | **"is stopped"**: see below |
| `decide` | truth, consent, ledger, caps, quiet hours, wallet | retried; decided triggers keep their outcome |
| `compose` | renders the template | retried; replaces what was not sent |
| `send` | asks everything again, then sends (pool `sendgrid`) | retried; what is out is never sent again |
| `record` | releases leftovers, counts | retried |

## At 3 a.m.
- **`check` failed with "apology is stopped"**: the batch as a whole looked wrong. Nothing was sent,
  every claim was released, and no further run will fail: a stopped kind claims nothing. Look at
  `aftercare quarantine list --kind apology` and the Data Docs, mend the source, then
  `aftercare resume apology`.
- **Something terrible is going out**: `aftercare stop apology`. One incident only:
  `aftercare incident stop CAUSE`.
- **`send` keeps failing**: the provider is away or the key is wrong. Triggers wait with back-off
  and expire by themselves when too late; nothing is lost. Mend the key, done.
- **A worker died**: its claims return when their lease ends (`AFTERCARE_LEASE`, 5 minutes); what
  was under way to the provider becomes `unknown` and is settled by `upkeep`.
- **"Who got what, and why not?"** `aftercare why CUSTOMER`, and `aftercare reconcile`.

Clearing and running a task again is always safe.
"""

from airflow.sdk import DAG
from chain.care import care_dag

dag: DAG = care_dag("apologies", "apology", __doc__)
