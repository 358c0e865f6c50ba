"""Real pictures as numpy arrays, over a service: pictures.py LIBRARY SOCKET CARD RAW WIDTH HEIGHT, where RAW has pictures in RGB"""

import asyncio
import os
import sys

import numpy

import mabataki
from mabataki import Engine, MabatakiError


def begin(engine, frames_from=mabataki.MBT_FROM_RECORDING):
    return engine.authenticate(mabataki.MBT_PURPOSE_LOGIN, frames_from=frames_from,
                               cards_from=mabataki.MBT_FROM_HOST)


def let_in(engine, card, pictures, **how):
    """Hands in all of them: whether somebody was let in."""
    with begin(engine) as session:
        session.push_card(card)
        try:
            for number, picture in enumerate(pictures):
                pushed = False
                while not pushed:
                    try:
                        session.push_frame(picture, time_us=1_000_000 + number * 33_333, **how)
                        pushed = True
                    except MabatakiError as error:
                        if error.status != mabataki.MBT_E_AGAIN:
                            raise
            session.end_frames()
        except MabatakiError as error:
            # It may be over before everything was handed in.
            if error.status != mabataki.MBT_E_STATE:
                raise
        list(session)
        result = session.result()
        return result.granted and result.subject == "nurse01"


def bgra(rgb):
    return numpy.concatenate([rgb[..., ::-1], numpy.full_like(rgb[..., :1], 255)], axis=-1)


def yuv(rgb):
    """By the equations of BT.601, luma from 16 to 235."""
    r, g, b = (rgb[..., channel].astype(numpy.float32) / 256 for channel in range(3))
    planes = (16 + 65.738 * r + 129.057 * g + 25.064 * b, 128 - 37.945 * r - 74.494 * g + 112.439 * b,
              128 + 112.439 * r - 94.154 * g - 18.285 * b)
    return [numpy.rint(plane).clip(0, 255).astype(numpy.uint8) for plane in planes]


def yuy2(rgb):
    y, u, v = yuv(rgb)
    pairs = numpy.stack([y, y], axis=-1)
    pairs[:, :, 0::2, 1], pairs[:, :, 1::2, 1] = u[:, :, 0::2], v[:, :, 0::2]
    return pairs


def nv12(rgb):
    """With the rows of chroma below those of luma."""
    y, u, v = yuv(rgb)
    chroma = numpy.stack([u[:, 0::2, 0::2], v[:, 0::2, 0::2]], axis=-1)
    return numpy.concatenate([y, chroma.reshape(len(y), -1, y.shape[2])], axis=1)


def refused(session, picture, kind, words, format=None, rotation=0):
    try:
        session.push_frame(picture, format=format, rotation=rotation)
    except kind as error:
        assert words in str(error), error
    else:
        raise AssertionError(f"taken: {words}")


def no_picture(engine, pictures):
    """What is none is refused with a word about it, and nothing of it is pushed."""
    picture = pictures[0]
    with begin(engine, mabataki.MBT_FROM_HOST) as session:
        refused(session, picture.astype(numpy.float32), ValueError, "uint8")
        refused(session, picture[:, ::2], ValueError, "ascontiguousarray")
        refused(session, picture[::-1], ValueError, "ascontiguousarray")
        refused(session, picture[:, :, :2], ValueError, "height x width x 3")
        refused(session, picture, ValueError, "height x width x 2", mabataki.MBT_PX_YUY2)
        refused(session, nv12(pictures[:1])[0][:-1], ValueError, "rows of chroma", mabataki.MBT_PX_NV12)
        refused(session, picture, MabatakiError, "90", rotation=45)
        refused(session, picture, ValueError, "height x width", mabataki.MBT_PX_GRAY8)
        refused(session, picture[:0], ValueError, "has pixels")
        refused(session, "picture", TypeError, "str")
        refused(session, 7, TypeError, "bytes-like")
        gray = numpy.ascontiguousarray(picture[:, :, 1])
        gray.setflags(write=False)
        session.push_frame(gray)
        session.cancel()


async def next_event(session):
    """A task that waits, once nothing is left to be told at once."""
    task = asyncio.create_task(session.next_event())
    await asyncio.sleep(0.05)
    while task.done():
        task = asyncio.create_task(session.next_event())
        await asyncio.sleep(0.05)
    return task


async def told_that_it_is_closed(task):
    try:
        await asyncio.wait_for(task, 5)
    except MabatakiError as error:
        assert error.status == mabataki.MBT_E_STATE, error
    else:
        raise AssertionError("a task waits for what is closed")


async def cancelled(engine, socket):
    """A task that is cancelled while it waits leaves the session as it was; one whose session is closed is told so."""
    loop = asyncio.get_running_loop()
    with begin(engine, mabataki.MBT_FROM_HOST) as session:
        while True:
            try:
                await asyncio.wait_for(session.next_event(), 0.2)
            except asyncio.TimeoutError:
                break
        assert loop.remove_reader(session.fileno()) is False, "a cancelled wait is still in the loop"

        async def to_the_end():
            return [event.kind async for event in session]

        task = asyncio.create_task(to_the_end())
        await asyncio.sleep(0.05)
        session.cancel()
        assert (await task)[-1] == mabataki.MBT_EV_DONE
        assert await session.next_event() is None
    for _ in range(10):
        session = begin(engine, mabataki.MBT_FROM_HOST)
        task = await next_event(session)
        session.close()
        await told_that_it_is_closed(task)
    other = Engine(socket)
    session = begin(other, mabataki.MBT_FROM_HOST)
    task = await next_event(session)
    other.close()
    await told_that_it_is_closed(task)
    session.close()


def held():
    return len(os.listdir("/proc/self/task")), len(os.listdir("/proc/self/fd"))


def main(library, socket, card, raw, width, height):
    mabataki.load(library)
    rgb = numpy.fromfile(raw, numpy.uint8).reshape(-1, int(height), int(width), 3)
    before = held()
    with Engine(socket) as engine:
        # As they are; as a part of larger pictures, whose rows are apart; and with blue first, as OpenCV has them.
        assert let_in(engine, card, rgb, format=mabataki.MBT_PX_RGB24)
        wide = numpy.zeros((*rgb.shape[:2], rgb.shape[2] + 40, 3), numpy.uint8)
        wide[:, :, 13:-27] = rgb
        apart = wide[:, :, 13:-27]
        assert not apart.flags.c_contiguous
        assert let_in(engine, card, apart, format=mabataki.MBT_PX_RGB24)
        assert let_in(engine, card, numpy.ascontiguousarray(rgb[:, :, :, ::-1]))
        # As screens have them, by a camera on its side and in a mirror; and as cameras send them.
        on_its_side = numpy.ascontiguousarray(numpy.rot90(bgra(rgb)[:, :, ::-1], axes=(1, 2)))
        assert let_in(engine, card, on_its_side, rotation=90, mirrored=True)
        assert let_in(engine, card, yuy2(rgb), format=mabataki.MBT_PX_YUY2)
        assert let_in(engine, card, nv12(rgb), format=mabataki.MBT_PX_NV12)
        # Nobody is there.
        assert not let_in(engine, card, numpy.zeros_like(rgb))
        no_picture(engine, rgb)
        asyncio.run(cancelled(engine, socket))
    assert held() == before, f"threads and descriptors: {before}, then {held()}"


main(*sys.argv[1:])
