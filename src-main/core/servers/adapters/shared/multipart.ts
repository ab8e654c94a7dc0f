import { randomBytes } from 'node:crypto';
import { SAMPLE_RATE_HZ } from '#main/core/media/mediaDecoder.ts';

export interface FormFile {
  readonly name: string;
  readonly fileName: string;
  readonly contentType: string;
  readonly content: Buffer;
}

/** A form with one file behind its fields (RFC 7578). A field may stand in it several times. */
export function multipartForm(
  fields: readonly (readonly [name: string, value: string])[],
  file: FormFile,
): { readonly contentType: string; readonly body: readonly Buffer[] } {
  const boundary = `nightshift-${randomBytes(16).toString('hex')}`;
  const heads = fields.map(
    ([name, value]) => `--${boundary}\r\nContent-Disposition: form-data; name="${escaped(name)}"\r\n\r\n${value}\r\n`,
  );
  const fileHead =
    `--${boundary}\r\nContent-Disposition: form-data; name="${escaped(file.name)}"; filename="${escaped(file.fileName)}"\r\n` +
    `Content-Type: ${file.contentType}\r\n\r\n`;
  return {
    contentType: `multipart/form-data; boundary=${boundary}`,
    body: [Buffer.from(heads.join('') + fileHead, 'utf8'), file.content, Buffer.from(`\r\n--${boundary}--\r\n`, 'utf8')],
  };
}

/** As browsers escape names in a form (HTML standard, multipart/form-data encoding). */
function escaped(name: string): string {
  return name.replaceAll('\r', '%0D').replaceAll('\n', '%0A').replaceAll('"', '%22');
}

/** 16-bit PCM, mono, as a WAV file with a header of 44 bytes. */
export function wavFile(pcm: Buffer): Buffer {
  const header = Buffer.alloc(44);
  header.write('RIFF', 0, 'latin1');
  header.writeUInt32LE(36 + pcm.length, 4);
  header.write('WAVEfmt ', 8, 'latin1');
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(1, 22);
  header.writeUInt32LE(SAMPLE_RATE_HZ, 24);
  header.writeUInt32LE(SAMPLE_RATE_HZ * 2, 28);
  header.writeUInt16LE(2, 32);
  header.writeUInt16LE(16, 34);
  header.write('data', 36, 'latin1');
  header.writeUInt32LE(pcm.length, 40);
  return Buffer.concat([header, pcm]);
}
