import type { NightshiftClient } from '#shared/contract/client.ts';
import { AbsolutePathSchema } from '#shared/contract/common.ts';
import { toWireError, type WireError } from '#shared/errors/nightshiftError.ts';

/**
 * Why no run can be made of a typed path; null when it may be tried. Files, and folders that must not be browsed, are for the run to
 * judge: only what is certainly wrong is refused here.
 */
export async function pathProblem(client: NightshiftClient, path: string): Promise<WireError | null> {
  if (!AbsolutePathSchema.safeParse(path).success) return { code: 'SOURCE_NOT_FOUND', data: { path } };
  try {
    const { entries } = await client.request('files.browse', { path });
    return entries.length === 0 ? { code: 'SOURCE_HAS_NO_MEDIA', data: { path } } : null;
  } catch (thrown) {
    const error = toWireError(thrown);
    if (error.code === 'FILE_NOT_FOUND') return { code: 'SOURCE_NOT_FOUND', data: { path } };
    return error.code === 'CONNECTION_LOST' || error.code === 'ACCESS_DENIED' ? error : null;
  }
}
