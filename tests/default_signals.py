"""Signals as they are by default, for a test and for all that it starts.

A shell in the background, nohup or a service leaves signals ignored or blocked, which
every program inherits. What a test says about signals must not depend on that.
"""
import signal


def set_defaults():
    for number in signal.valid_signals():
        if signal.getsignal(number) == signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    # Python's own: a pipe without a reader is an exception here, and subprocess gives
    # children the default.
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
