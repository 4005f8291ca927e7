"""What is done beside the requests: each piece of work, and how often."""

from gateways import Gateways
from policies import Policy
from resolvers import (
    digests,
    erasures,
    expiries,
    imports,
    letters,
    machines,
    notifications,
    periods,
    power_ends,
    sending,
    settling,
)
from resolvers.context import Rules
from resolvers.importing import Worker


def arrange(gateways: Gateways, policy: Policy, rules: Rules) -> None:
    """Has all of it done regularly, as soon as the jobs run."""
    files, every = Worker(gateways, policy, rules), gateways.jobs.every
    batches = sending.Worker(gateways, policy, rules)
    every(20, lambda: periods.turn(gateways), "periods")
    every(20, lambda: power_ends.turn(gateways, policy), "powers of attorney")
    every(60, lambda: expiries.turn(gateways, policy), expiries.JOB)
    every(300, lambda: periods.tell_what_ran_out(gateways, policy), "ways in")
    every(3600, lambda: periods.forget(gateways), "forgetting")
    every(3600, lambda: machines.forget(gateways), "forgetting assertions")
    every(3600, lambda: erasures.turn(gateways), "erasures")
    every(300, lambda: digests.turn(gateways), "digests")
    days = rules.notification_days
    every(3600, lambda: notifications.forget(gateways, days), "forgetting notifications")
    every(5, lambda: letters.deliver(gateways, rules.keeps_letters), "letters")
    # What is revoked must be so everywhere within a second.
    every(0.5, lambda: settling.turn(gateways), settling.JOB)
    every(2, files.work, imports.JOB)
    every(3600, files.forget, "forgetting files")
    every(2, batches.work, sending.JOB)
    every(3600, batches.forget, "forgetting codes")
