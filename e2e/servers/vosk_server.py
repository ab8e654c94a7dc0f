"""The WebSocket protocol of alphacep/vosk-server around `recogniser.py`: s16le frames in, one answer for each frame.

`{"eof" : 1}` and `{"reset" : 1}` are compared byte by byte, spaces included, as theirs are.
"""

import argparse
import asyncio
import json

import websockets

from recogniser import SAMPLE_RATE_HZ, Recogniser

LONGEST_MESSAGE_BYTES = 1024 * 1024


def result_of(pieces):
    return {
        "result": [{"conf": 1.0, **word} for piece in pieces for word in piece["words"]],
        "text": " ".join(piece["text"] for piece in pieces),
    }


async def handle(connection):
    recogniser = Recogniser()
    async for message in connection:
        if isinstance(message, str) and "config" in message:
            rate = json.loads(message)["config"].get("sample_rate", SAMPLE_RATE_HZ)
            if int(rate) != SAMPLE_RATE_HZ:
                raise ValueError(f"this model takes {SAMPLE_RATE_HZ} Hz, not {rate}")
            continue
        if message == '{"eof" : 1}':
            await connection.send(json.dumps(result_of(recogniser.finish())))
            break
        if message == '{"reset" : 1}':
            await connection.send(json.dumps(result_of(recogniser.finish())))
            continue
        pieces = recogniser.feed(message if isinstance(message, bytes) else message.encode())
        await connection.send(json.dumps(result_of(pieces) if pieces else {"partial": recogniser.partial()}))


async def main():
    parser = argparse.ArgumentParser(description="vosk-server protocol, pocketsphinx")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=2700)
    options = parser.parse_args()
    Recogniser()
    async with websockets.serve(handle, options.host, options.port, max_size=LONGEST_MESSAGE_BYTES):
        print(f"vosk protocol on ws://{options.host}:{options.port}", flush=True)
        await asyncio.Future()


if __name__ == "__main__":
    try:
        asyncio.run(main())
    except KeyboardInterrupt:
        pass
