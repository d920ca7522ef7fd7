# SPDX-License-Identifier: GPL-3.0-or-later
"""Any function, in Python or C, over a pool of worker processes that nothing breaks."""

from ._abi import VERSION as __version__
from ._errors import Cancelled, Error, RemoteError, TaskTimeout, WorkerLost
from ._future import Future
from ._pool import Pool

__all__ = ["Cancelled", "Error", "Future", "Pool", "RemoteError", "TaskTimeout", "WorkerLost"]
