"""The policy: who is let in by what, in TOML."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from dataclasses import dataclass

from . import _abi
from ._calls import load
from ._constants import MBT_E_END
from ._desk import Desk
from ._values import bytes_of, listed, secret


@dataclass(frozen=True)
class Fault:
    """What is wrong with a policy, and in which line."""

    line: int
    text: str


def policy_faults(policy: str) -> Iterator[Fault]:
    """Reads a policy and says what is wrong with it. It asks no service."""

    def ask(last: ctypes.Structure | None, *place: object) -> int:
        # There is no second page: whoever mends so many sees the rest.
        status: int = MBT_E_END if last is not None else load().mbt_policy_check(*secret(policy), *place)
        return status

    return listed(ask, _abi.Fault, Fault)


class Policy(Desk):
    """The policy: TOML."""

    def get(self) -> str:
        """The one in force."""
        return bytes_of(lambda out: self._call("mbt_policy_get", out)).decode()

    def set(self, policy: str) -> int:
        """Sets another one; a set of warnings MBT_POLICY_*. One with a fault is refused: `policy_faults` names all of them."""
        warnings = ctypes.c_uint32()
        self._call("mbt_policy_set", *secret(policy), ctypes.byref(warnings))
        return warnings.value
