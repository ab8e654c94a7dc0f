import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32, deflateRawSync, gzipSync } from 'node:zlib';
import { NightshiftError } from '#shared/errors/nightshiftError.ts';
import { folderProblem } from '#main/platform/folderProblem.ts';

export interface BundleFile {
  /** Plain ASCII, without folders. */
  readonly name: string;
  readonly text: string;
}

const TAR_BLOCK_BYTES = 512;

/**
 * Writes the files as a `.zip`, a `.tar.gz` or, with any other name, into a new folder. What is there already is never touched.
 * @throws OUTPUT_EXISTS, OUTPUT_UNWRITABLE
 */
export async function writeBundle(path: string, files: readonly BundleFile[]): Promise<void> {
  try {
    if (/\.zip$/i.test(path)) await writeFile(path, zip(files), { flag: 'wx', mode: 0o600 });
    else if (/\.(?:tar\.gz|tgz)$/i.test(path)) await writeFile(path, gzipSync(tar(files)), { flag: 'wx', mode: 0o600 });
    else {
      await mkdir(path, { mode: 0o700 });
      for (const { name, text } of files) await writeFile(join(path, name), text, { flag: 'wx', mode: 0o600 });
    }
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST')
      throw new NightshiftError('OUTPUT_EXISTS', { path }, { cause: error });
    throw new NightshiftError('OUTPUT_UNWRITABLE', { path, ...folderProblem(error) }, { cause: error });
  }
}

/** ZIP as PKWARE's APPNOTE 6.3 has it: local headers with deflated content, then the central directory (4.3.7, 4.3.12, 4.3.16). */
function zip(files: readonly BundleFile[]): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const { name, text } of files) {
    const content = Buffer.from(text);
    const packed = deflateRawSync(content);
    const fields = Buffer.alloc(26);
    fields.writeUInt16LE(20, 0); // version needed: 2.0
    fields.writeUInt16LE(8, 4); // deflate
    fields.writeUInt16LE(0x21, 8); // date 1980-01-01: the times are in the files
    fields.writeUInt32LE(crc32(content), 10);
    fields.writeUInt32LE(packed.length, 14);
    fields.writeUInt32LE(content.length, 18);
    fields.writeUInt16LE(name.length, 22);
    const local = Buffer.concat([Buffer.from('PK\u0003\u0004'), fields, Buffer.from(name), packed]);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(offset, 10);
    directory.push(Buffer.concat([Buffer.from('PK\u0001\u0002\u0014\u0000'), fields, rest, Buffer.from(name)]));
    parts.push(local);
    offset += local.length;
  }
  const central = Buffer.concat(directory);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(files.length, 4);
  end.writeUInt16LE(files.length, 6);
  end.writeUInt32LE(central.length, 8);
  end.writeUInt32LE(offset, 12);
  return Buffer.concat([...parts, central, Buffer.from('PK\u0005\u0006'), end]);
}

/** POSIX ustar (IEEE Std 1003.1, pax). */
function tar(files: readonly BundleFile[]): Buffer {
  const parts = files.flatMap(({ name, text }) => {
    const content = Buffer.from(text);
    const header = Buffer.alloc(TAR_BLOCK_BYTES);
    header.write(name, 0);
    header.write('0000600\u00000000000\u00000000000\u0000', 100);
    header.write(`${content.length.toString(8).padStart(11, '0')}\u0000${'0'.repeat(11)}\u0000`, 124);
    header.write(`${' '.repeat(8)}0`, 148);
    header.write('ustar\u000000', 257);
    const sum = header.reduce((total, byte) => total + byte, 0);
    header.write(`${sum.toString(8).padStart(6, '0')}\u0000 `, 148);
    return [header, content, Buffer.alloc((TAR_BLOCK_BYTES - (content.length % TAR_BLOCK_BYTES)) % TAR_BLOCK_BYTES)];
  });
  return Buffer.concat([...parts, Buffer.alloc(2 * TAR_BLOCK_BYTES)]);
}
