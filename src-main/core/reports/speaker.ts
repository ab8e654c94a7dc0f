/** LibriSpeech names files `SPEAKER-CHAPTER-UTTERANCE` (its README.TXT). */
const LIBRISPEECH_NAME = /^(\d+)-\d+-\d{4}$/;

/** The speaker a file name tells, null where it tells none. */
export function speakerOf(fileId: string): string | null {
  const name = fileId.slice(fileId.lastIndexOf('/') + 1).replace(/\.[^.]*$/, '');
  return LIBRISPEECH_NAME.exec(name)?.[1] ?? null;
}

/** Folder of the first path level; `.` for files at the root. */
export function topFolderOf(fileId: string): string {
  const end = fileId.indexOf('/');
  return end === -1 ? '.' : fileId.slice(0, end);
}
