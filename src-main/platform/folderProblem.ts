/** What is known of a folder that could not be made or written, as facts of an error: a stable `reason` for the usual ones. */
export function folderProblem(error: unknown): { readonly reason?: 'notFolder' | 'notWritable'; readonly detail?: string } {
  const code = error instanceof Error && 'code' in error ? error.code : null;
  const detail = error instanceof Error ? error.message : String(error);
  switch (code) {
    case 'EEXIST':
    case 'ENOTDIR':
      return { reason: 'notFolder' };
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return { reason: 'notWritable', detail };
    default:
      return { detail };
  }
}
