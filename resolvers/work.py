"""What is done beside the requests: each piece of work, and how often."""

from gateways import Gateways
from policies import Policy
from resolvers import erasures, imports, letters, periods, sending
from resolvers.context import Rules
from resolvers.importing import Worker


def arrange(gateways: Gateways, policy: Policy, rules: Rules) -> None:
    """Has all of it done regularly, as soon as the jobs run."""
    files, every = Worker(gateways, policy, rules), gateways.jobs.every
    batches = sending.Worker(gateways, policy, rules)
    every(20, lambda: periods.turn(gateways), "periods")
    every(3600, lambda: periods.forget(gateways), "forgetting")
    every(3600, lambda: erasures.turn(gateways), "erasures")
    every(5, lambda: letters.deliver(gateways, rules.keeps_letters), "letters")
    every(2, files.work, imports.JOB)
    every(3600, files.forget, "forgetting files")
    every(2, batches.work, sending.JOB)
    every(3600, batches.forget, "forgetting codes")
