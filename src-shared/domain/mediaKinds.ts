/** File name extensions (lower case, without the dot) of everything FFmpeg reads sound from that people keep recordings in. */
const MEDIA_EXTENSIONS: ReadonlySet<string> = new Set(
  (
    'wav wave w64 rf64 bwf aif aiff aifc au snd caf sph nist flac mp1 mp2 mp3 mpga m4a m4b m4r aac adts ac3 eac3 dts amr awb ' +
    'ogg oga ogx opus spx wma asf wv ape tta tak mka gsm voc ' +
    'mp4 m4v mov qt 3gp 3g2 mkv webm ogv avi wmv flv f4v f4a mpg mpeg vob ts mts m2ts mxf'
  ).split(' '),
);

/** Bytes that are enough for {@link sniffsAsMedia}. */
export const SNIFF_BYTES = 64;

/** The extension of a file name in lower case without the dot; empty when there is none (a leading dot is no extension). */
export function extensionOf(name: string): string {
  const dot = name.lastIndexOf('.');
  return dot <= 0 ? '' : name.slice(dot + 1).toLowerCase();
}

/** Whether a file name says that it holds sound or video. */
export function hasMediaExtension(name: string): boolean {
  return MEDIA_EXTENSIONS.has(extensionOf(name));
}

/** Marks at fixed places, as the format descriptions give them (the table of `file(1)` names the same). */
const MAGIC: readonly { readonly at: number; readonly text: string }[] = [
  { at: 0, text: 'fLaC' },
  { at: 0, text: 'OggS' },
  { at: 0, text: 'ID3' },
  { at: 4, text: 'ftyp' },
  { at: 4, text: 'moov' },
  { at: 4, text: 'mdat' },
  { at: 0, text: '\u001aE\u00df\u00a3' },
  { at: 0, text: 'caff' },
  { at: 0, text: '.snd' },
  { at: 0, text: 'NIST_1A\n' },
  { at: 0, text: '#!AMR' },
  { at: 0, text: 'wvpk' },
  { at: 0, text: 'MAC ' },
  { at: 0, text: 'TTA1' },
  { at: 0, text: 'tBaK' },
  { at: 0, text: 'FLV\u0001' },
  { at: 0, text: 'riff\u002e\u0091\u00cf\u0011' },
  { at: 0, text: '0&\u00b2u\u008ef\u00cf\u0011' },
  { at: 0, text: 'Creative Voice File\u001a' },
];

function holdsAt(bytes: Uint8Array, at: number, text: string): boolean {
  if (bytes.length < at + text.length) return false;
  for (let index = 0; index < text.length; index += 1) {
    if (bytes[at + index] !== text.charCodeAt(index)) return false;
  }
  return true;
}

/**
 * MPEG audio (layers II and III) or ADTS: eleven sync bits, and no reserved value in version, layer, bit rate or sample rate.
 * Layer I is left out: its two bytes are also the byte order mark of UTF-16 text.
 */
function startsWithMpegAudio(bytes: Uint8Array): boolean {
  const [first = 0, second = 0, third = 0] = bytes;
  if (bytes.length < 4 || first !== 0xff) return false;
  const isAdts = (second & 0xf6) === 0xf0 && ((third >> 2) & 0x0f) < 13;
  const isMpeg =
    (second & 0xe0) === 0xe0 &&
    (second & 0x18) !== 0x08 &&
    ((second & 0x06) === 0x02 || (second & 0x06) === 0x04) &&
    (third & 0xf0) !== 0xf0 &&
    (third & 0x0c) !== 0x0c;
  return isAdts || isMpeg;
}

/**
 * Whether the first bytes of a file are those of a known sound or video container. For files whose name says nothing, and to
 * tell "damaged recording" from "no recording at all". Give at least {@link SNIFF_BYTES} bytes where the file has them.
 */
export function sniffsAsMedia(bytes: Uint8Array): boolean {
  const riff = holdsAt(bytes, 0, 'RIFF') || holdsAt(bytes, 0, 'RIFX') || holdsAt(bytes, 0, 'RF64');
  if (riff) return holdsAt(bytes, 8, 'WAVE') || holdsAt(bytes, 8, 'AVI ');
  if (holdsAt(bytes, 0, 'FORM')) return holdsAt(bytes, 8, 'AIF');
  return MAGIC.some(({ at, text }) => holdsAt(bytes, at, text)) || startsWithMpegAudio(bytes);
}
