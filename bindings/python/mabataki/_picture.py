"""Pictures in whatever has the buffer protocol: looked at where they lie, and copied by nobody but the library."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from . import _abi
from ._constants import (MBT_FRAME_MIRRORED, MBT_PX_BGR24, MBT_PX_BGRA32, MBT_PX_GRAY8, MBT_PX_MJPEG, MBT_PX_NV12,
                         MBT_PX_RGB24, MBT_PX_RGBA32, MBT_PX_YUY2)

# Of Python's buffer.h: read only is enough, with the format of an item and the distances between rows, pixels and channels.
_FORMAT = 0x0004
_STRIDES = 0x0010 | 0x0008

# Bytes of a pixel, by its layout. Of NV12 the rows of chroma stand below those of luma, as in OpenCV.
_CHANNELS = {MBT_PX_GRAY8: 1, MBT_PX_RGB24: 3, MBT_PX_BGR24: 3, MBT_PX_RGBA32: 4, MBT_PX_BGRA32: 4, MBT_PX_NV12: 1,
             MBT_PX_YUY2: 2}

# What an array is without a layout, by its third dimension.
_USUAL = {(): MBT_PX_GRAY8, (3,): MBT_PX_BGR24, (4,): MBT_PX_BGRA32}


class _Buffer(ctypes.Structure):
    """Py_buffer: part of Python's stable ABI, and as it is here since Python 3.3."""

    _fields_ = [("buf", ctypes.c_void_p), ("obj", ctypes.c_void_p), ("len", ctypes.c_ssize_t),
                ("itemsize", ctypes.c_ssize_t), ("readonly", ctypes.c_int), ("ndim", ctypes.c_int),
                ("format", ctypes.c_char_p), ("shape", ctypes.POINTER(ctypes.c_ssize_t)),
                ("strides", ctypes.POINTER(ctypes.c_ssize_t)), ("suboffsets", ctypes.POINTER(ctypes.c_ssize_t)),
                ("internal", ctypes.c_void_p)]


@contextmanager
def looked_at(frame: Any, layout: int | None, rotation: int = 0, mirrored: bool = False) -> Iterator[_abi.Frame]:
    """The picture as the library takes it, for as long as the object lends its memory.

    Bytes in one piece are a JPEG. Arrays are height x width, height x width x 3 with blue first, or height x width x 4 with
    blue first and a byte that is passed over, unless `layout` says otherwise. TypeError for what lends no memory, ValueError
    for memory that is no such picture."""
    view = _Buffer()
    if isinstance(frame, str):
        raise TypeError("a picture is bytes or an array of them, found str")
    # Raises TypeError or BufferError for what has no buffer, or none with strides.
    _get(frame, ctypes.byref(view), _FORMAT | _STRIDES)
    try:
        picture = _described(view, layout)
        picture.rotation, picture.flags = rotation, MBT_FRAME_MIRRORED if mirrored else 0
        yield picture
    finally:
        _release(ctypes.byref(view))


def _described(view: _Buffer, layout: int | None) -> _abi.Frame:
    item = (view.format or b"B").decode()
    if view.itemsize != 1 or item.lstrip("@=<>!|") != "B":
        raise ValueError(f"a picture is made of uint8, found items of the format {item!r}, {view.itemsize} bytes each")
    shape, strides = view.shape[:view.ndim], view.strides[:view.ndim]
    if 0 in shape:
        raise ValueError(f"a picture has pixels, found the shape {tuple(shape)}")
    if view.ndim == 1:
        if layout not in (None, MBT_PX_MJPEG):
            raise ValueError("pixels come as height x width or height x width x channels, found one dimension")
        if strides[0] != 1:
            raise ValueError("the bytes of a JPEG lie close together, found others between them")
        return _abi.Frame(format=MBT_PX_MJPEG, data=view.buf, len=view.len)
    if layout is None:
        layout = _USUAL.get(tuple(shape[2:]), MBT_PX_BGR24)
    channels = _CHANNELS.get(layout)
    if channels is None or shape[2:] != ([] if channels == 1 else [channels]):
        wanted = "one dimension" if channels is None else "height x width" + f" x {channels}" * (channels > 1)
        raise ValueError(f"for this layout of pixels the shape is {wanted}, found {tuple(shape)}")
    height, width = shape[:2]
    if layout == MBT_PX_NV12 and height % 3 != 0:
        raise ValueError(f"NV12 has half as many rows of chroma below its rows of luma, found {height} rows in all")
    row = width * channels
    lies_close = strides[1:] == ([1] if channels == 1 else [channels, 1])
    # What one row has is never looked at from the next.
    stride = row if height == 1 else strides[0]
    if not lies_close or stride < row:
        raise ValueError(f"the pixels of a row lie close together, and rows follow one another: found distances of "
                         f"{tuple(strides)} bytes; numpy.ascontiguousarray() makes a copy that does")
    rows_of_pixels = height * 2 // 3 if layout == MBT_PX_NV12 else height
    return _abi.Frame(format=layout, width=width, height=rows_of_pixels, stride=stride, data=view.buf,
                      len=stride * (height - 1) + row)


_get = ctypes.pythonapi.PyObject_GetBuffer
_get.argtypes, _get.restype = [ctypes.py_object, ctypes.POINTER(_Buffer), ctypes.c_int], ctypes.c_int
_release = ctypes.pythonapi.PyBuffer_Release
_release.argtypes, _release.restype = [ctypes.POINTER(_Buffer)], None
