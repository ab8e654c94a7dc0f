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

/** Time between two reports, ms. */
const REPORT_EVERY_MS = 100;

/**
 * All files below what was dropped, with their path. Hidden files are left out, as they are on a disk.
 * The entries must have been taken from the event before the first await: a browser empties the event afterwards.
 * @param onProgress called now and then with what was found so far, and at the end
 */
export async function walkEntries(
  entries: readonly WalkedEntry[],
  signal: AbortSignal,
  onProgress: (found: { files: number; bytes: number }) => void,
  nowMs: () => number = () => performance.now(),
): Promise<WalkResult> {
  const files: DroppedFile[] = [];
  const unreadable: string[] = [];
  let totalBytes = 0;
  let reportedAtMs = Number.NEGATIVE_INFINITY;
  const report = (): void => {
    reportedAtMs = nowMs();
    onProgress({ files: files.length, bytes: totalBytes });
  };
  /** The next one is the last; a folder of 150,000 files is more than a call takes as arguments. */
  const pending: { entry: WalkedEntry; parents: readonly string[] }[] = [];
  const plan = (found: readonly WalkedEntry[], parents: readonly string[]): void => {
    for (const entry of found.toReversed()) pending.push({ entry, parents });
  };
  plan(entries, []);
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    signal.throwIfAborted();
    const { entry, parents } = next;
    if (entry.name.startsWith('.')) continue;
    const segments = [...parents, entry.name];
    if (entry.isDirectory) {
      const children = await orNull(readAll(entry as WalkedFolder));
      if (children === null) unreadable.push(segments.join('/'));
      else plan(children, segments);
    } else if (entry.isFile) {
      const file = await orNull(fileOf(entry as WalkedFile));
      if (file === null) {
        unreadable.push(segments.join('/'));
        continue;
      }
      files.push({ file, segments });
      totalBytes += file.size;
      if (nowMs() - reportedAtMs >= REPORT_EVERY_MS) report();
    }
  }
  report();
  return { files, totalBytes, unreadable };
}

/** What the browser does not let us read is null; mistakes of our own are not swallowed with it. */
function orNull<T>(reading: Promise<T>): Promise<T | null> {
  return reading.catch(() => null);
}

/** A reader returns entries in portions (100 in Chromium) and an empty portion at the end. */
async function readAll(folder: WalkedFolder): Promise<WalkedEntry[]> {
  const reader = folder.createReader();
  const all: WalkedEntry[] = [];
  for (;;) {
    const portion = await new Promise<WalkedEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (portion.length === 0) return all.toSorted((left, right) => (left.name < right.name ? -1 : 1));
    for (const entry of portion) all.push(entry);
  }
}

function fileOf(entry: WalkedFile): Promise<File> {
  return new Promise((resolve, reject) => entry.file(resolve, reject));
}

/**
 * Files without folders, as a dialog gives them: of equal names (chosen from a search, say) the second lies in folder `2`, the third in
 * `3` …, because each is an input of its own.
 */
export function withDistinctNames(files: readonly File[]): { readonly file: File; readonly segments: readonly string[] }[] {
  const seen = new Map<string, number>();
  return files.map((file) => {
    // As file systems that do not tell cases apart would see it.
    const key = file.name.normalize().toLowerCase();
    const count = (seen.get(key) ?? 0) + 1;
    seen.set(key, count);
    return { file, segments: count === 1 ? [file.name] : [String(count), file.name] };
  });
}
