"""From records to facts, triggers and promises; Kafka-free, so that the simulator uses it too."""

from aftercare.intake.batch import take_in
from aftercare.intake.deliveries import take_in_deliveries
from aftercare.intake.model import Dead, Incoming, Report

__all__ = ["Dead", "Incoming", "Report", "take_in", "take_in_deliveries"]
