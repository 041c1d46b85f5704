"""Processes that read again and again, as those of people do."""

import contextlib
import multiprocessing
import signal


def _work(read):
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    while True:
        with contextlib.suppress(OSError):
            read()


@contextlib.contextmanager
def readers(count, read):
    """So many processes that read again and again until the end of the block."""
    context = multiprocessing.get_context('fork')
    processes = [context.Process(target=_work, args=(read,), daemon=True)
                 for _ in range(count)]
    for process in processes:
        process.start()
    try:
        yield processes
    finally:
        for process in processes:
            process.kill()
        for process in processes:
            process.join(30)
            assert process.exitcode == -signal.SIGKILL, 'a reader hangs'
