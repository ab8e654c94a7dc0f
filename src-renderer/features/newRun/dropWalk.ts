import type { DroppedFile } from '../../transport/panelClient.ts';

/** The parts of `FileSystemEntry` that are used, so that tests can build trees. */
export interface WalkedEntry {
  readonly isFile: boolean;
  readonly isDirectory: boolean;
  readonly name: string;
}
interface WalkedFile extends WalkedEntry {
  file(resolve: (file: File) => void, reject: (error: unknown) => void): void;
}
interface WalkedFolder extends WalkedEntry {
  createReader(): { readEntries(resolve: (entries: WalkedEntry[]) => void, reject: (error: unknown) => void): void };
}

export interface WalkResult {
  readonly files: readonly DroppedFile[];
  readonly totalBytes: number;
  /** Names that could not be read, relative to what was dropped. */
  readonly unreadable: readonly string[];
}

/**
 * All files below what was dropped, with their path. Hidden files are left out, as they are on a disk.
 * The entries must have been taken from the event before the first await: a browser empties the event afterwards.
 * @param onProgress called now and then with what was found so far
 */
export async function walkEntries(
  entries: readonly WalkedEntry[],
  signal: AbortSignal,
  onProgress: (found: { files: number; bytes: number }) => void,
): Promise<WalkResult> {
  const files: DroppedFile[] = [];
  const unreadable: string[] = [];
  let totalBytes = 0;
  const pending: { entry: WalkedEntry; parents: readonly string[] }[] = entries.map((entry) => ({ entry, parents: [] }));
  for (let next = pending.shift(); next !== undefined; next = pending.shift()) {
    signal.throwIfAborted();
    const { entry, parents } = next;
    if (entry.name.startsWith('.')) continue;
    const segments = [...parents, entry.name];
    try {
      if (entry.isDirectory) {
        const children = await readAll(entry as WalkedFolder);
        pending.unshift(...children.map((child) => ({ entry: child, parents: segments })));
      } else if (entry.isFile) {
        const file = await fileOf(entry as WalkedFile);
        files.push({ file, segments });
        totalBytes += file.size;
        onProgress({ files: files.length, bytes: totalBytes });
      }
    } catch {
      unreadable.push(segments.join('/'));
    }
  }
  return { files, totalBytes, unreadable };
}

/** A reader returns entries in portions (100 in Chromium) and an empty portion at the end. */
async function readAll(folder: WalkedFolder): Promise<WalkedEntry[]> {
  const reader = folder.createReader();
  const all: WalkedEntry[] = [];
  for (;;) {
    const portion = await new Promise<WalkedEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (portion.length === 0) return all.toSorted((left, right) => (left.name < right.name ? -1 : 1));
    all.push(...portion);
  }
}

function fileOf(entry: WalkedFile): Promise<File> {
  return new Promise((resolve, reject) => entry.file(resolve, reject));
}
