"""Frames of wire.py, cut from the bytes that come from a socket."""

from __future__ import annotations

from battnb.sandbox import wire


class FrameBuffer:
    """Bytes as they come from a socket, cut into frames."""

    def __init__(self) -> None:
        self._bytes = bytearray()

    def feed(self, data: bytes) -> list[bytes]:
        """The frames that are complete now. Raises WireError for a frame over MAX_FRAME_BYTES."""
        self._bytes += data
        frames, at = [], 0
        while len(self._bytes) - at >= 4:
            (length,) = wire.LENGTH.unpack_from(self._bytes, at)
            if length > wire.MAX_FRAME_BYTES:
                raise wire.WireError(f"a frame of {length} bytes; the limit is {wire.MAX_FRAME_BYTES}")
            if len(self._bytes) - at - 4 < length:
                break
            frames.append(bytes(memoryview(self._bytes)[at + 4 : at + 4 + length]))
            at += 4 + length
        if at:
            del self._bytes[:at]
        return frames
