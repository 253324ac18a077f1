# SPDX-License-Identifier: Apache-2.0
"""No request fails or stalls, whatever happens to the server; docs/results/reliability.md contains the table."""
import pytest
from disturbance_events import EVENTS, Graceful, KillWorkers
from disturbance_server import Ours

LONG_SECONDS = 2
SECONDS = 2
ALWAYS = (Graceful, KillWorkers)   # the other events run in make check-all


def cases():
    return [pytest.param(event, id=event.name.replace(" ", "_"), marks=[] if event in ALWAYS else pytest.mark.long)
            for event in EVENTS]


@pytest.mark.alone
@pytest.mark.parametrize("event", cases())
class TestDisturbance:
    def test_nobody_notices(self, make_httpd, event):
        happening = event(Ours(make_httpd, event.options), event.quick, SECONDS, LONG_SECONDS)
        happening.httpd.allow_log(event.log)
        report = happening.run(event.stall)
        print(event.name, report, *happening.notes, sep="\n")
        faults = happening.broken + report.faults()
        assert not faults, "%s\n%s" % (report, "\n".join(faults[:40]))
        happening.httpd.finish()
