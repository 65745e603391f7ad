"""Olist's Brazilian e-commerce files as events. Rows come through as they are, dirt included.

    purchase                        order.placed     promised_on is the estimated date's day
    handed to the carrier           order.shipped
    delivered to the customer       order.delivered
    status canceled or unavailable  order.cancelled  at the order's last known time
    review of one or two stars      complaint.opened severity high or medium, comment kept

Addresses and first names are invented, at example.com, and always the same for the same customer.
Times and days are those of America/Sao_Paulo; where a clock was turned back, the earlier reading.
"""

from aftercare.sources.olist.read import Tally, histories, in_time, olist_events

__all__ = ["Tally", "histories", "in_time", "olist_events"]
