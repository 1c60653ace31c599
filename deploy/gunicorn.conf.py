"""The web process of a served portal; it binds 0.0.0.0 at PORT, gunicorn's own default."""

import os
import tempfile

workers = 2
worker_class = "gthread"
threads = 4
timeout = 60
graceful_timeout = 30
keepalive = 20  # longer than the proxy keeps an idle connection
max_requests = 20_000
max_requests_jitter = 2_000
worker_tmp_dir = "/dev/shm"  # noqa: S108 -- the heartbeat file must not wait for a disk

# /metrics adds up the processes through files in this folder.
os.environ["PROMETHEUS_MULTIPROC_DIR"] = tempfile.mkdtemp(prefix="metrics-")


def child_exit(server, worker):  # noqa: ARG001 -- gunicorn's signature
    from prometheus_client import multiprocess  # noqa: PLC0415 -- reads the folder when imported

    multiprocess.mark_process_dead(worker.pid)
