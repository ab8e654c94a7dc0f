"""The WebSocket protocol of the S0 servers around `recogniser.py`: float32 frames in, `final` messages out.

There is no end marker: `finish` flushes, `stop` closes the connection. Decoding blocks the event loop, as theirs does.
"""

import argparse
import array
import asyncio
import json

import websockets

from recogniser import SAMPLE_RATE_HZ, Recogniser


def to_s16le(frame):
    floats = array.array("f")
    floats.frombytes(frame)
    return array.array("h", (max(-32_768, min(32_767, round(value * 32_768))) for value in floats)).tobytes()


class StreamingMode:
    """Decodes each frame as it comes."""

    name = "streaming"

    def __init__(self, _options):
        self._recogniser = Recogniser()

    def take(self, samples):
        return self._recogniser.feed(samples)

    def finish(self):
        return self._recogniser.finish()


class ChunkedMode:
    """Decodes windows of a fixed length, each by itself: a word across the cut is lost to both."""

    name = "chunked"

    def __init__(self, options):
        self._recogniser = Recogniser()
        self._window_bytes = int(options.chunk_size * SAMPLE_RATE_HZ) * 2
        self._waiting = b""

    def take(self, samples):
        pieces = []
        self._waiting += samples
        while len(self._waiting) >= self._window_bytes:
            window, self._waiting = self._waiting[: self._window_bytes], self._waiting[self._window_bytes :]
            pieces += self._recogniser.feed(window) + self._recogniser.finish()
        return pieces

    def finish(self):
        waiting, self._waiting = self._waiting, b""
        return self._recogniser.feed(waiting) + self._recogniser.finish()


class OriginalMode:
    """Collects the whole file and decodes it once."""

    name = "original"

    def __init__(self, _options):
        self._samples = bytearray()

    def take(self, samples):
        self._samples += samples
        return []

    def finish(self):
        recogniser = Recogniser()
        samples, self._samples = bytes(self._samples), bytearray()
        return recogniser.feed(samples) + recogniser.finish()


MODES = {mode.name: mode for mode in (StreamingMode, ChunkedMode, OriginalMode)}


def serve(mode, default_port):
    parser = argparse.ArgumentParser(description=f"S0 protocol, {mode} mode, pocketsphinx")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=default_port)
    parser.add_argument("--chunk-size", type=float, default=2.0, help="window of the chunked mode, seconds")
    options = parser.parse_args()

    async def handle(connection):
        greeting = {"type": "hello", "message": f"Connected to {mode} server"}
        if mode != "streaming":
            greeting["mode"] = mode
        if mode == "chunked":
            greeting["chunk_size"] = options.chunk_size
        await connection.send(json.dumps(greeting))
        work = None
        async for message in connection:
            if isinstance(message, bytes):
                work = work or MODES[mode](options)
                await send(connection, work.take(to_s16le(message)))
                continue
            kind = kind_of(message)
            if kind == "finish" and work is not None:
                await send(connection, work.finish())
                work = None
            if kind == "stop":
                break

    async def send(connection, pieces):
        for piece in pieces:
            final = {"type": "final", "start": piece["start"], "end": piece["end"], "original": piece["text"], "language": "en"}
            await connection.send(json.dumps(final))

    async def main():
        # The model is loaded before the port is open, so that whoever connects is served at once.
        Recogniser()
        async with websockets.serve(handle, options.host, options.port, max_size=50 * 1024 * 1024, ping_interval=None):
            print(f"{mode} server on ws://{options.host}:{options.port}", flush=True)
            await asyncio.Future()

    try:
        asyncio.run(main())
    except KeyboardInterrupt:
        pass


def kind_of(message):
    """Type of a text message; unknown text is ignored, as theirs do."""
    try:
        parsed = json.loads(message)
    except ValueError:
        return None
    return parsed.get("type") if isinstance(parsed, dict) else None
