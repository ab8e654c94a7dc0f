/** Last part of a file id. */
export function fileName(fileId: string): string {
  return fileId.slice(fileId.lastIndexOf('/') + 1);
}

/** First folder of a file id (the speaker in a LibriSpeech tree); null for a file at the top. */
export function folderName(fileId: string): string | null {
  const end = fileId.indexOf('/');
  return end > 0 ? fileId.slice(0, end) : null;
}

/** Attempts with the latest first, whatever the order they came in. */
export function latestFirst<T extends { readonly id: number }>(attempts: readonly T[]): T[] {
  return attempts.toSorted((left, right) => right.id - left.id);
}

/** Seconds of work per second of audio; null where no audio was decoded. */
export function realTimeFactor(result: { readonly processingSec: number; readonly decodedSec: number }): number | null {
  return result.decodedSec > 0 ? result.processingSec / result.decodedSec : null;
}
