"""Lets somebody in by a card and a password that this host tells of:
example.py LIBRARY STATE KEY WITNESS PACK RUNTIME CARD PASSWORD"""

import asyncio
import sys

import mabataki
from mabataki import Engine, MabatakiError


async def main(library: str, state: str, key: str, witness: str, pack: str, runtime: str, card: str,
               password: str) -> int:
    mabataki.load(library)
    try:
        with Engine(name="example", state=state, key=key, witness=witness, pack=pack, runtime=runtime,
                    timeout_ms=20000) as engine:
            with engine.authenticate(mabataki.MBT_PURPOSE_APPLICATION, application="chart",
                                     cards_from=mabataki.MBT_FROM_HOST,
                                     secrets=mabataki.MBT_F_PASSWORD) as session:
                session.push_card(card)
                session.push_secret(mabataki.MBT_F_PASSWORD, password)
                async for event in session:
                    if words := event.text("ja"):
                        print(words)
                result = session.result()
                print(mabataki.text(mabataki.MBT_TEXT_REASON, result.reason, "ja"))
                if not result.granted:
                    return 1
                with session.grant() as grant:
                    print(grant.read().name, grant.opens("chart"), grant.login("chart").user)
                    grant.end()
                return 0
    except MabatakiError as error:
        print(error, file=sys.stderr)
        return 3 if error.unavailable else 2


if __name__ == "__main__":
    sys.exit(asyncio.run(main(*sys.argv[1:])))
