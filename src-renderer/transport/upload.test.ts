import { describe, expect, it } from 'vitest';
import { NightshiftError } from '#shared/errors/nightshiftError.ts';
import type { UploadProgress } from './panelClient.ts';
import { REPORT_EVERY_MS, uploadFiles, uploadPath, type SendFile, type UploadParts } from './upload.ts';

function scripted(part: Partial<UploadParts>): UploadParts & { readonly opened: unknown[]; readonly discarded: string[] } {
  const opened: unknown[] = [];
  const discarded: string[] = [];
  return {
    opened,
    discarded,
    openSession: async (facts) => {
      opened.push(facts);
      return { ok: true, data: { sessionId: 's 1', folder: '/data/uploads/s1' } };
    },
    sendFile: async () => undefined,
    discardSession: async (sessionId) => discarded.push(sessionId),
    nowMs: () => 0,
    ...part,
  };
}
const file = (name: string, bytes: number) => ({ file: new File([new Uint8Array(bytes)], name), segments: ['clips', name] });

describe('uploading dropped files', () => {
  it('escapes each segment on its own', () => {
    expect(uploadPath('s', ['녹음', 'a b#1?.wav', '50%.flac'])).toBe('/upload/s/%EB%85%B9%EC%9D%8C/a%20b%231%3F.wav/50%25.flac');
  });

  it('says how much will come, sends every file once and ends with all bytes', async () => {
    const sent: string[] = [];
    const progress: UploadProgress[] = [];
    const sendFile: SendFile = async (path, { size }, _signal, onSent) => {
      sent.push(path);
      onSent(size / 2);
    };
    const files = Array.from({ length: 10 }, (_, index) => file(`${index}.wav`, 10));
    const parts = scripted({ sendFile });
    const folder = await uploadFiles(files, new AbortController().signal, (step) => progress.push(step), parts);
    expect(folder).toBe('/data/uploads/s1');
    expect(parts.opened).toEqual([{ totalBytes: 100, fileCount: 10 }]);
    expect(sent.toSorted()).toEqual(files.map(({ segments }) => uploadPath('s 1', segments)));
    expect(progress.at(-1)).toEqual({ sentBytes: 100, totalBytes: 100, sentFiles: 10, totalFiles: 10 });
    expect(parts.discarded).toEqual([]);
  });

  it('never counts more than there is, also when the browser said too much', async () => {
    const progress: UploadProgress[] = [];
    const sendFile: SendFile = async (_path, { size }, _signal, onSent) => {
      onSent(size + 5);
      onSent(size + 5);
    };
    let nowMs = 0;
    await uploadFiles(
      [file('a.wav', 10), file('b.wav', 0)],
      new AbortController().signal,
      (step) => progress.push(step),
      scripted({ sendFile, nowMs: () => (nowMs += REPORT_EVERY_MS) }),
    );
    expect(Math.max(...progress.map(({ sentBytes }) => sentBytes))).toBe(10);
    expect(progress.at(-1)).toMatchObject({ sentBytes: 10, sentFiles: 2 });
  });

  it('reports ten times a second at most and adds up without looking at every file again', async () => {
    const files = Array.from({ length: 20_000 }, (_, index) => file(`${index}.wav`, 0));
    let nowMs = 0;
    let reports = 0;
    const parts = scripted({
      sendFile: async (_path, _file, _signal, onSent) => {
        nowMs += 1;
        onSent(0);
      },
      nowMs: () => nowMs,
    });
    await uploadFiles(files, new AbortController().signal, () => (reports += 1), parts);
    expect(reports).toBeLessThanOrEqual(files.length / REPORT_EVERY_MS + 2);
    expect(reports).toBeGreaterThan(2);
  });

  it('stops at the first failure, says which, and throws away what was sent', async () => {
    let started = 0;
    const sendFile: SendFile = async () => {
      started += 1;
      throw new NightshiftError('DISK_FULL');
    };
    const files = Array.from({ length: 50 }, (_, index) => file(`${index}.wav`, 1));
    const parts = scripted({ sendFile });
    await expect(uploadFiles(files, new AbortController().signal, () => undefined, parts)).rejects.toMatchObject({ code: 'DISK_FULL' });
    expect(started).toBeLessThanOrEqual(3);
    expect(parts.discarded).toEqual(['s 1']);
  });

  it('ends when it is cancelled, although the host does not know how to throw away', async () => {
    const cancel = new AbortController();
    const sendFile: SendFile = (_path, _file, signal) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(new NightshiftError('CANCELLED')));
        cancel.abort();
      });
    const parts = scripted({
      sendFile,
      discardSession: async () => {
        throw new TypeError('Failed to fetch');
      },
    });
    await expect(uploadFiles([file('a.wav', 5)], cancel.signal, () => undefined, parts)).rejects.toMatchObject({ code: 'CANCELLED' });
  });

  it('throws what the host says about the session', async () => {
    const parts = scripted({ openSession: async () => ({ ok: false, error: { code: 'UPLOAD_REFUSED', data: {} } }) });
    await expect(uploadFiles([], new AbortController().signal, () => undefined, parts)).rejects.toMatchObject({ code: 'UPLOAD_REFUSED' });
    expect(parts.discarded).toEqual([]);
  });
});
