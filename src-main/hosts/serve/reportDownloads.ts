import { createReadStream } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { join, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { SAFETY_HEADERS, sendResult } from '#main/hosts/httpTransport/replies.ts';
import { plainSegments } from './staticFiles.ts';

/** `/report/<run>/<file>`: a file of a report that was written beside the results of its run. */
export const REPORT_PREFIX = '/report/';

/** A report lies in `<runsFolder>/<run>/report`; nothing else of the data folder can be had here. @returns null when there is no such file */
async function locate(runsFolder: string, pathname: string): Promise<string | null> {
  const [runId = '', name = '', ...rest] = plainSegments(pathname.slice(REPORT_PREFIX.length - 1)) ?? [];
  if (!/^[1-9]\d{0,14}$/.test(runId) || name === '' || rest.length > 0) return null;
  try {
    const root = await realpath(join(runsFolder, runId, 'report'));
    const path = await realpath(join(root, name));
    return path.startsWith(root + sep) && (await stat(path)).isFile() ? path : null;
  } catch {
    return null;
  }
}

/** Sends a file of a report to be kept, never to be shown: an HTML report must not run with the rights of the panel. */
export async function sendReportFile(response: ServerResponse, runsFolder: string, pathname: string): Promise<void> {
  const path = await locate(runsFolder, pathname);
  if (path === null) {
    sendResult(response, 404, { ok: false, error: { code: 'FILE_NOT_FOUND', data: { path: pathname } } });
    return;
  }
  const { size } = await stat(path);
  response.writeHead(200, {
    ...SAFETY_HEADERS,
    'cache-control': 'no-store',
    'content-type': 'application/octet-stream',
    'content-disposition': 'attachment',
    'content-security-policy': "default-src 'none'; sandbox",
    'content-length': size,
  });
  if (response.req.method === 'HEAD' || size === 0) {
    response.end();
    return;
  }
  // `end`: a file that grows meanwhile is sent as long as it was announced. A browser that leaves early is no error of ours.
  await pipeline(createReadStream(path, { end: size - 1 }), response).catch(() => response.destroy());
}
