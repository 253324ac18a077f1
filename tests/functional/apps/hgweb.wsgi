# SPDX-License-Identifier: Apache-2.0
# As /usr/share/doc/mercurial-common/examples/hgweb.wsgi.
import os

from mercurial import demandimport

demandimport.enable()

from mercurial.hgweb import hgweb  # noqa: E402

data = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "data")
application = hgweb(os.fsencode(os.path.join(data, "hgweb.config")))
