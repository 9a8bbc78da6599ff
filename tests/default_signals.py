# SPDX-License-Identifier: MIT
"""Reset all signals to their defaults, for a test and the programs that it starts.

A background shell, nohup or a service leaves signals ignored or blocked, and every
program inherits that. The result of a test must not depend on it.
"""
import signal


def set_defaults():
    for number in signal.valid_signals():
        if signal.getsignal(number) == signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    # Python ignores SIGPIPE: a write to a pipe without a reader raises an exception, and
    # subprocess resets the signal for its children.
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
