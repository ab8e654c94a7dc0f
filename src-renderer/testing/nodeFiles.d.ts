// The little of Node that tests of the panel's own files use; the panel itself must not see any of Node's types.
declare module 'node:fs' {
  export function globSync(pattern: string, options: { readonly cwd: string }): string[];
  export function readFileSync(path: string, encoding: 'utf8'): string;
}
declare module 'node:path' {
  export function join(...parts: string[]): string;
}
interface ImportMeta {
  readonly dirname: string;
}
