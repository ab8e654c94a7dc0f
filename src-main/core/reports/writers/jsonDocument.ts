import type { RenderedFile } from '../reportMessages.ts';

/** A JSON document of its own. */
export function jsonDocument(value: unknown): RenderedFile {
  return { before: `${JSON.stringify(value, null, 2)}\n`, after: '' };
}

/** A document whose last field is a list; its elements, with `,\n` between them, go between the two parts. @param head has at least one field */
export function jsonDocumentWithList(head: object, list: string): RenderedFile {
  const text = JSON.stringify(head, null, 2);
  return { before: `${text.slice(0, text.lastIndexOf('\n}'))},\n  ${JSON.stringify(list)}: [\n`, after: '\n  ]\n}\n' };
}
