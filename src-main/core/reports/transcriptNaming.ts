import type { TranscriptFormat } from '#shared/contract/reports.ts';
import type { Mode } from '#shared/domain/mode.ts';
import { NightshiftError } from '#shared/errors/nightshiftError.ts';

const FIELDS = ['mode', 'folder', 'name', 'ext', 'index', 'run'] as const;
type Field = (typeof FIELDS)[number];

/** Names that Windows keeps for devices, with any ending. */
const RESERVED = /^(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|$)/i;
/** Longest part of a path: 255 bytes on usual file systems, with room for ` (2)` and a temporary name. */
const MAX_PART_BYTES = 230;

export interface TranscriptPlace {
  readonly fileId: string;
  readonly mode: Mode;
  readonly format: TranscriptFormat;
  /** Of the item in the run, from 1. */
  readonly index: number;
  readonly runId: number;
}

/**
 * Where transcripts go, as a path with forward slashes below the chosen folder. Fields of the template: `{mode}`, `{folder}` (of the file, with its levels),
 * `{name}` (of the file without its last ending), `{ext}`, `{index}` (six digits), `{run}`. The path never leaves the folder, works on
 * Windows, and is never given twice: a second file with the same name gets ` (2)`.
 * @throws INPUT_INVALID when the template is absolute, climbs up, has an unknown field, or neither `{name}` nor `{index}`
 */
export function createTranscriptNaming(template: string): (place: TranscriptPlace) => string {
  checkTemplate(template);
  const taken = new Set<string>();
  return (place) => {
    const path = fill(template, place);
    const dot = path.lastIndexOf('.');
    const end = dot > path.lastIndexOf('/') ? dot : path.length;
    let unique = path;
    // Windows and macOS do not tell upper from lower case.
    for (let number = 2; taken.has(unique.toLowerCase()); number++) unique = `${path.slice(0, end)} (${number})${path.slice(end)}`;
    taken.add(unique.toLowerCase());
    return unique;
  };
}

function checkTemplate(template: string): void {
  const refuse = (detail: string): never => {
    throw new NightshiftError('INPUT_INVALID', { field: 'naming', detail });
  };
  const unknown = [...template.matchAll(/\{([^{}]*)\}/g)].map(([, name]) => name ?? '').find((name) => !FIELDS.includes(name as Field));
  if (unknown !== undefined) refuse(`there is no {${unknown}}; fields are ${FIELDS.map((field) => `{${field}}`).join(', ')}`);
  if (!/\{(name|index)\}/.test(template)) refuse('it needs {name} or {index}');
  if (/^([\\/]|[A-Za-z]:)/.test(template) || template.split(/[\\/]/).some((part) => part.trim() === '..'))
    refuse('it must stay below the folder');
}

function fill(template: string, { fileId, mode, format, index, runId }: TranscriptPlace): string {
  const slash = fileId.lastIndexOf('/');
  const fileName = fileId.slice(slash + 1);
  const values: Readonly<Record<Field, string>> = {
    mode,
    folder: slash === -1 ? '' : fileId.slice(0, slash).split('/').map(safePart).join('/'),
    name: safePart(fileName.replace(/(?<=.)\.[^.]*$/, '')),
    ext: format === 'transcript-json' ? 'json' : format,
    index: String(index).padStart(6, '0'),
    run: String(runId),
  };
  const filled = template.replaceAll('\\', '/').replaceAll(/\{(\w+)\}/g, (_, name: string) => values[name as Field]);
  return filled
    .split('/')
    .filter((part) => part !== '')
    .map(safePart)
    .join('/');
}

/** A name that every system takes; nothing in it can be a step up. */
function safePart(text: string): string {
  let safe = text
    .replaceAll(/[<>:"|?*\\/\p{Cc}]/gu, '_')
    .replace(/[. ]+$/u, (end) => '_'.repeat(end.length))
    .trimStart();
  if (RESERVED.test(safe)) safe = `_${safe}`;
  while (Buffer.byteLength(safe) > MAX_PART_BYTES) safe = safe.replace(/.$/su, '');
  return safe === '' ? '_' : safe;
}
