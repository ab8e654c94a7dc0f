"""Speech recognition by pocketsphinx for the example servers: Debian's python3-pocketsphinx and pocketsphinx-en-us, 16 kHz mono."""

import os

from pocketsphinx import Decoder, get_model_path

SAMPLE_RATE_HZ = 16_000
BYTES_PER_SAMPLE = 2
# pocketsphinx_continuous reads this many samples at a time; its voice activity detection depends on it.
BLOCK_BYTES = 2_048 * BYTES_PER_SAMPLE
FRAMES_PER_SEC = 100


def _config():
    model = get_model_path()
    config = Decoder.default_config()
    config.set_string("-hmm", os.path.join(model, "en-us"))
    config.set_string("-lm", os.path.join(model, "en-us.lm.bin"))
    config.set_string("-dict", os.path.join(model, "cmudict-en-us.dict"))
    config.set_string("-logfn", os.devnull)
    return config


class Recogniser:
    """Cuts a stream of s16le samples at pauses, as pocketsphinx_continuous does, and recognises each piece.

    `feed` and `finish` return finished pieces: dicts of start and end (ms), text, and words of {word, start, end} (s).
    """

    _decoder = None

    def __init__(self):
        # A new decoder for each file costs a second; a fresh configuration alone resets what it learnt from the file before.
        if Recogniser._decoder is None:
            Recogniser._decoder = Decoder(_config())
        else:
            Recogniser._decoder.reinit(_config())
        self._rest = b""
        self._samples = 0
        self._begin()

    def feed(self, samples):
        """Takes s16le samples; whole blocks are decoded at once."""
        pieces = []
        self._rest += samples
        while len(self._rest) >= BLOCK_BYTES:
            block, self._rest = self._rest[:BLOCK_BYTES], self._rest[BLOCK_BYTES:]
            pieces += self._decode(block)
        return pieces

    def finish(self):
        """Decodes what is left. The recogniser can then take another stretch of the same file."""
        rest, self._rest = self._rest, b""
        pieces = self._decode(rest) if rest else []
        piece = self._end()
        self._begin()
        return pieces + ([piece] if piece else [])

    def partial(self):
        hypothesis = self._decoder.hyp()
        return hypothesis.hypstr if hypothesis else ""

    def _begin(self):
        self._offset_ms = self._samples * 1_000 // SAMPLE_RATE_HZ
        self._has_spoken = False
        self._decoder.start_utt()

    def _decode(self, block):
        self._decoder.process_raw(block, False, False)
        self._samples += len(block) // BYTES_PER_SAMPLE
        is_speaking = self._decoder.get_in_speech()
        if is_speaking:
            self._has_spoken = True
        if is_speaking or not self._has_spoken:
            return []
        piece = self._end()
        self._begin()
        return [piece] if piece else []

    def _end(self):
        self._decoder.end_utt()
        text = self.partial()
        if not text:
            return None
        words = [
            {"word": segment.word.split("(")[0], "start": self._sec(segment.start_frame), "end": self._sec(segment.end_frame + 1)}
            for segment in self._decoder.seg()
            if not segment.word.startswith(("<", "["))
        ]
        start, end = (words[0]["start"], words[-1]["end"]) if words else (self._offset_ms / 1_000, self._samples / SAMPLE_RATE_HZ)
        return {"start": round(start * 1_000), "end": round(end * 1_000), "text": text, "words": words}

    def _sec(self, frame):
        return round(self._offset_ms / 1_000 + frame / FRAMES_PER_SEC, 3)
