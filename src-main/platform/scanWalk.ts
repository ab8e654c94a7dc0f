import { accessSync, closeSync, constants, type Dirent, lstatSync, openSync, readdirSync, readSync, statSync, type Stats } from 'node:fs';
import { basename, dirname, join, resolve, sep } from 'node:path';
import type { ScannedFile, ScanProblem, ScanResult } from '#main/core/ports.ts';
import { extensionOf, hasMediaExtension, SNIFF_BYTES, sniffsAsMedia } from '#shared/domain/mediaKinds.ts';
import { NightshiftError } from '#shared/errors/nightshiftError.ts';
import { isListName, referencesFromLists, type ListPlace } from './referenceLists.ts';
import { readSideCar, readTransTxt } from './transcripts.ts';

/** Folders in which systems and tools keep their own things: version control, packages, rubbish bins, thumbnails, indexes. */
const JUNK_FOLDERS: ReadonlySet<string> = new Set([
  '.git',
  '.hg',
  '.svn',
  'node_modules',
  '__pycache__',
  '.venv',
  '.cache',
  '.Trash',
  '.Trashes',
  '.Spotlight-V100',
  '.fseventsd',
  '.TemporaryItems',
  '.DocumentRevisions-V100',
  '__MACOSX',
  '@eaDir',
  '#recycle',
  '#snapshot',
  '.snapshot',
  '$RECYCLE.BIN',
  'System Volume Information',
  'lost+found',
]);

/** Permission bits `r--r--r--`. */
const READABLE_BY_ALL = 0o444;

/** Cancellation is looked at between folders; this callback throws when it is time to stop. */
type CheckCancelled = () => void;

interface Found {
  readonly path: string;
  /** Relative to its root, forward slashes. */
  readonly relative: string;
  readonly rootName: string;
  readonly sizeBytes: number;
  readonly modifiedMs: number;
  readonly problemCode: ScannedFile['problemCode'];
  readonly reference: string | null;
  readonly referencePath: string | null;
}

/** A folder still to be read. */
interface Pending {
  readonly path: string;
  readonly relative: string;
  readonly id: string;
}

/** Something with a media name in one folder, before its references are known. */
type Candidate = Omit<Found, 'reference' | 'referencePath'>;

/**
 * Media files below the sources with their references; the whole work of the scanner, synchronous (many small calls, for which
 * promises cost more than the calls). A source that has nothing to offer is a problem beside others and an error alone.
 * @throws SOURCE_NOT_FOUND, SOURCE_EMPTY, SOURCE_HAS_NO_MEDIA, FOLDER_UNREADABLE (nothing found, and a folder stayed closed), and
 *   what `checkCancelled` throws
 */
export function scanSources(sources: readonly string[], checkCancelled: CheckCancelled): ScanResult {
  const walk = new Walk(checkCancelled);
  const barren = sources.flatMap((source) => walk.addSource(resolve(source)) ?? []);
  if (walk.found.length > 0) return { files: withFileIds(walk.withListedReferences()), problems: [...barren, ...walk.problems] };
  const closed = walk.problems.find(({ code }) => code === 'FOLDER_UNREADABLE');
  if (closed !== undefined) throw new NightshiftError('FOLDER_UNREADABLE', { path: closed.path, detail: closed.detail ?? null });
  const first = barren.find(({ code }) => code === 'SOURCE_NOT_FOUND') ?? barren.find(({ code }) => code === 'SOURCE_HAS_NO_MEDIA');
  throw new NightshiftError(first?.code ?? 'SOURCE_EMPTY', { path: first?.path ?? sources.join(', '), files: walk.seenFiles });
}

class Walk {
  readonly found: Found[] = [];
  readonly problems: ScanProblem[] = [];
  seenFiles = 0;
  readonly #checkCancelled: CheckCancelled;
  /** Folders by device and number: a link can lead back up, and two sources can overlap. */
  readonly #visited = new Set<string>();
  /** Files that were taken, so that overlapping sources do not list one twice. */
  readonly #takenPaths = new Set<string>();
  readonly #fileReferences = new Map<string, FolderReferences>();
  readonly #lists = new Map<string, ListPlace>();

  constructor(checkCancelled: CheckCancelled) {
    this.#checkCancelled = checkCancelled;
  }

  /** @returns what is wrong with a source that gave nothing; null when it gave something or lies within one that was read before */
  addSource(source: string): ScanProblem | null {
    const info = statOrNull(source);
    // A link that leads nowhere was still chosen by someone, but there is no file to report on.
    if (info === null) return { code: 'SOURCE_NOT_FOUND', path: source };
    if (!info.isDirectory()) {
      this.#addFile(source, info);
      return null;
    }
    if (this.#visited.has(idOf(info))) return null;
    const before = { found: this.found.length, seenFiles: this.seenFiles, problems: this.problems.length };
    this.#addFolder(source, info);
    if (this.found.length > before.found || this.problems.length > before.problems) return null;
    return { code: this.seenFiles === before.seenFiles ? 'SOURCE_EMPTY' : 'SOURCE_HAS_NO_MEDIA', path: source };
  }

  /** What was found, with texts from lists for those that have none beside them. */
  withListedReferences(): Found[] {
    const given = referencesFromLists([...this.#lists.values()], this.found, (problem) => this.problems.push(problem));
    return this.found.map((file) => {
      const listed = given.get(file.path);
      return listed === undefined ? file : { ...file, reference: listed.text, referencePath: listed.path };
    });
  }

  #addFile(path: string, info: Stats): void {
    this.seenFiles += 1;
    const name = basename(path);
    const folder = dirname(path);
    const candidate: Candidate = { path, relative: name, rootName: basename(folder), ...measured(path, info) };
    // Many files of one folder may be given one by one.
    const references = this.#fileReferences.get(folder) ?? this.#referencesBeside(folder);
    this.#fileReferences.set(folder, references);
    this.#take(candidate, references.of(name));
  }

  /** For single files: missing and unused ids are not reported, they say something about a whole folder only. */
  #referencesBeside(folder: string): FolderReferences {
    let names: string[] = [];
    try {
      names = readdirSync(folder);
    } catch {
      // The file alone may be reachable (x without r on the folder); then no reference can be found.
    }
    this.#noteLists(folder, names, false);
    return new FolderReferences(folder, names, (problem) => this.problems.push(problem));
  }

  #noteLists(folder: string, names: readonly string[], isWhole: boolean): void {
    for (const name of names.filter(isListName).toSorted()) {
      const path = join(folder, name);
      if (isWhole || !this.#lists.has(path)) this.#lists.set(path, { path, isWhole });
    }
  }

  #addFolder(root: string, rootInfo: Stats): void {
    const rootName = basename(root);
    // Lists, not recursion: trees can be deeper than the stack. Links come last, so that a file has the id of its real place.
    const folders: Pending[] = [{ path: root, relative: '', id: idOf(rootInfo) }];
    const links: Pending[] = [];
    for (let next = folders.pop(); next !== undefined; next = folders.pop() ?? links.shift()) {
      if (this.#visited.has(next.id)) continue;
      this.#visited.add(next.id);
      this.#checkCancelled();
      let entries: Dirent[];
      try {
        // In a fixed order, since of two links to one folder the first gives the ids.
        entries = readdirSync(next.path, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
      } catch (error) {
        this.problems.push({ code: 'FOLDER_UNREADABLE', path: next.path, detail: error instanceof Error ? error.message : String(error) });
        continue;
      }
      this.#noteLists(
        next.path,
        entries.filter((entry) => !entry.isDirectory()).map((entry) => entry.name),
        true,
      );
      const candidates: Candidate[] = [];
      for (const entry of entries) {
        const { name } = entry;
        const path = next.path.endsWith(sep) ? next.path + name : next.path + sep + name;
        const relative = next.relative === '' ? name : `${next.relative}/${name}`;
        if (entry.isDirectory()) {
          const info = JUNK_FOLDERS.has(name) ? null : statOrNull(path);
          if (info !== null) folders.push({ path, relative, id: idOf(info) });
          continue;
        }
        const info = entry.isSymbolicLink() ? statOrNull(path) : null;
        if (info?.isDirectory() === true) {
          if (!JUNK_FOLDERS.has(name)) links.push({ path, relative, id: idOf(info) });
          continue;
        }
        this.seenFiles += 1;
        // AppleDouble: the resource fork of the file without the prefix, on disks that have none.
        if (name.startsWith('._')) continue;
        if (!hasMediaExtension(name) && !(extensionOf(name) === '' && isMediaByContent(path, entry, info))) continue;
        candidates.push({ path, relative, rootName, ...measured(path, info ?? statOrNull(path)) });
      }
      this.#takeFolder(next.path, entries, candidates);
    }
  }

  #takeFolder(folder: string, entries: readonly Dirent[], candidates: readonly Candidate[]): void {
    if (candidates.length === 0) return;
    const references = new FolderReferences(
      folder,
      entries.map((entry) => entry.name),
      (problem) => this.problems.push(problem),
    );
    for (const candidate of candidates) {
      const name = basename(candidate.path);
      const reference = references.of(name);
      if (reference === null && references.hasTransTxt)
        this.problems.push({ code: 'REFERENCE_MISSING', path: candidate.path, detail: stemOf(name) });
      this.#take(candidate, reference);
    }
    references.reportUnused();
  }

  #take(candidate: Candidate, reference: Reference | null): void {
    if (this.#takenPaths.has(candidate.path)) return;
    this.#takenPaths.add(candidate.path);
    this.found.push({ ...candidate, reference: reference?.text ?? null, referencePath: reference?.path ?? null });
  }
}

interface Reference {
  readonly text: string;
  readonly path: string;
}

/** The references of one folder; the files are read when the first recording is asked for. */
class FolderReferences {
  readonly hasTransTxt: boolean;
  readonly #folder: string;
  readonly #names: ReadonlySet<string>;
  readonly #report: (problem: ScanProblem) => void;
  readonly #byId = new Map<string, Reference>();
  readonly #used = new Set<string>();

  constructor(folder: string, names: readonly string[], report: (problem: ScanProblem) => void) {
    this.#folder = folder;
    this.#report = report;
    const transcripts = names.filter((name) => name.toLowerCase().endsWith('.trans.txt') && !name.startsWith('._')).toSorted();
    this.#names = new Set(names);
    let hasTransTxt = false;
    for (const name of transcripts) {
      const path = join(folder, name);
      const references = readTransTxt(path, report);
      if (references === null) continue;
      hasTransTxt = true;
      for (const [id, text] of references) {
        if (!this.#byId.has(id)) this.#byId.set(id, { text, path });
      }
    }
    this.hasTransTxt = hasTransTxt;
  }

  of(name: string): Reference | null {
    const stem = stemOf(name);
    const line = this.#byId.get(stem);
    if (line !== undefined) {
      this.#used.add(stem);
      return line;
    }
    const sideCar = [`${stem}.txt`, `${stem}.TXT`].find((candidate) => this.#names.has(candidate));
    if (sideCar === undefined || sideCar === name) return null;
    const path = join(this.#folder, sideCar);
    const text = readSideCar(path, this.#report);
    return text === null ? null : { text, path };
  }

  reportUnused(): void {
    for (const [id, { path }] of this.#byId) {
      if (!this.#used.has(id)) this.#report({ code: 'TRANSCRIPT_UNUSED_ID', path, detail: id });
    }
  }
}

/** The name without its last extension; a leading dot belongs to the name. */
function stemOf(name: string): string {
  const dot = name.lastIndexOf('.');
  return dot <= 0 ? name : name.slice(0, dot);
}

function idOf(info: Stats): string {
  return `${String(info.dev)}:${String(info.ino)}`;
}

/** Follows links. @returns null for a dangling link, a loop of links, or what vanished meanwhile */
function statOrNull(path: string): Stats | null {
  try {
    return statSync(path);
  } catch {
    return null;
  }
}

function measured(path: string, info: Stats | null): Pick<Found, 'sizeBytes' | 'modifiedMs' | 'problemCode'> {
  if (info === null) {
    // Bytes that are no UTF-8 became replacement characters, and the name cannot be opened any more: the file is there, its name is not.
    const problemCode = basename(path).includes('\uFFFD') ? 'FILE_UNREADABLE' : 'FILE_NOT_FOUND';
    return { sizeBytes: 0, modifiedMs: linkTimeMs(path), problemCode };
  }
  return { sizeBytes: info.isFile() ? info.size : 0, modifiedMs: Math.round(info.mtimeMs), problemCode: problemOf(path, info) };
}

function linkTimeMs(path: string): number {
  try {
    return Math.round(lstatSync(path).mtimeMs);
  } catch {
    return 0;
  }
}

function problemOf(path: string, info: Stats): ScannedFile['problemCode'] {
  if (!info.isFile()) return 'FILE_NOT_REGULAR';
  if (info.size === 0) return 'FILE_EMPTY';
  // Readable for everybody needs no question to the system; that saves a third of the time of a scan.
  if ((info.mode & READABLE_BY_ALL) === READABLE_BY_ALL) return null;
  try {
    accessSync(path, constants.R_OK);
    return null;
  } catch {
    return 'FILE_UNREADABLE';
  }
}

/** For names that say nothing. Only regular files are opened: a FIFO would wait for a writer. */
function isMediaByContent(path: string, entry: Dirent, linked: Stats | null): boolean {
  if (!entry.isFile() && linked?.isFile() !== true) return false;
  try {
    const handle = openSync(path, 'r');
    try {
      const head = Buffer.alloc(SNIFF_BYTES);
      return sniffsAsMedia(head.subarray(0, readSync(handle, head, 0, head.length, 0)));
    } finally {
      closeSync(handle);
    }
  } catch {
    return false;
  }
}

/** Ids that are unique over all sources: the relative path, where that occurs twice the root's name before it, then a counter. */
function withFileIds(found: readonly Found[]): ScannedFile[] {
  const counts = new Map<string, number>();
  for (const { relative } of found) counts.set(relative, (counts.get(relative) ?? 0) + 1);
  const taken = new Set<string>();
  const files = found.map(({ relative, rootName, ...file }) => {
    const wanted = (counts.get(relative) ?? 0) > 1 ? `${rootName}/${relative}` : relative;
    let fileId = wanted;
    for (let counter = 2; taken.has(fileId); counter += 1) fileId = `${wanted} (${String(counter)})`;
    taken.add(fileId);
    return { ...file, fileId };
  });
  return files.toSorted((a, b) => (a.fileId < b.fileId ? -1 : a.fileId > b.fileId ? 1 : 0));
}
