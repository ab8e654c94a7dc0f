import { describe, expect, it } from 'vitest';
import { NightshiftError } from '#shared/errors/nightshiftError.ts';
import type { UploadProgress } from './panelClient.ts';
import { uploadFiles, uploadPath, type SendFile } from './upload.ts';

const open = async (): Promise<unknown> => ({ ok: true, data: { sessionId: 's 1', folder: '/data/uploads/s1' } });
const file = (name: string, bytes: number) => ({ file: new File([new Uint8Array(bytes)], name), segments: ['clips', name] });

describe('uploading dropped files', () => {
  it('escapes each segment on its own', () => {
    expect(uploadPath('s', ['녹음', 'a b#1?.wav', '50%.flac'])).toBe('/upload/s/%EB%85%B9%EC%9D%8C/a%20b%231%3F.wav/50%25.flac');
  });

  it('sends every file once and ends with all bytes', async () => {
    const sent: string[] = [];
    const progress: UploadProgress[] = [];
    const send: SendFile = async (path, { size }, _signal, onSent) => {
      sent.push(path);
      onSent(size / 2);
    };
    const files = Array.from({ length: 10 }, (_, index) => file(`${index}.wav`, 10));
    const folder = await uploadFiles(files, new AbortController().signal, (step) => progress.push(step), send, open);
    expect(folder).toBe('/data/uploads/s1');
    expect(sent.toSorted()).toEqual(files.map(({ segments }) => uploadPath('s 1', segments)));
    expect(progress.at(-1)).toEqual({ sentBytes: 100, totalBytes: 100, sentFiles: 10, totalFiles: 10 });
  });

  it('stops at the first failure and says which', async () => {
    let started = 0;
    const send: SendFile = async () => {
      started += 1;
      throw new NightshiftError('DISK_FULL');
    };
    const files = Array.from({ length: 50 }, (_, index) => file(`${index}.wav`, 1));
    await expect(uploadFiles(files, new AbortController().signal, () => undefined, send, open)).rejects.toMatchObject({
      code: 'DISK_FULL',
    });
    expect(started).toBeLessThanOrEqual(3);
  });

  it('ends when it is cancelled', async () => {
    const cancel = new AbortController();
    const send: SendFile = (_path, _file, signal) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(new NightshiftError('CANCELLED')));
        cancel.abort();
      });
    await expect(uploadFiles([file('a.wav', 5)], cancel.signal, () => undefined, send, open)).rejects.toMatchObject({ code: 'CANCELLED' });
  });

  it('throws what the host says about the session', async () => {
    const refused = async (): Promise<unknown> => ({ ok: false, error: { code: 'UPLOAD_REFUSED', data: {} } });
    await expect(
      uploadFiles(
        [],
        new AbortController().signal,
        () => undefined,
        async () => undefined,
        refused,
      ),
    ).rejects.toMatchObject({
      code: 'UPLOAD_REFUSED',
    });
  });
});
