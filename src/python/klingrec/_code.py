# SPDX-License-Identifier: MIT
"""The base of the enumerations."""
from enum import IntEnum
from typing import Any, Optional


class Code(IntEnum):
    """A number of the library. Later versions add some, which have no name here."""

    @classmethod
    def _missing_(cls, value: object) -> "Optional[Code]":
        if not isinstance(value, int):
            return None
        member = int.__new__(cls, value)
        member._name_ = f"UNKNOWN_{value}"
        member._value_ = value
        return member

    def __reduce_ex__(self, protocol: Any) -> Any:  # for pickle, also without a name
        return type(self), (int(self),)
