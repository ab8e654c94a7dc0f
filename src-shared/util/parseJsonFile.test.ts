import { expect, test } from 'vitest';
import type { z } from 'zod';
import { GateSchema } from '#shared/contract/gate.ts';
import { RunNotesSchema } from '#shared/contract/reports.ts';
import { parseJsonFile } from './parseJsonFile.ts';

function detailOf(schema: z.ZodType, text: string): unknown {
  try {
    return parseJsonFile(schema, text, 'file.json');
  } catch (error) {
    return error;
  }
}

test.each<[name: string, schema: z.ZodType, text: string, detail: string]>([
  ['a field that does not exist', RunNotesSchema, '{"foo":1}', 'the file: unknown field "foo"'],
  ['one inside a list', RunNotesSchema, '{"risks":[{"risk":"x","owner":"Kim"}]}', 'risks.0: unknown field "owner"'],
  ['one inside a link', RunNotesSchema, '{"links":[{"title":"x","url":"y","by":"Kim"}]}', 'links.0: unknown field "by"'],
  ['another type', RunNotesSchema, '{"author":5}', 'author: expected a string'],
  ['a missing field', RunNotesSchema, '{"links":[{"title":"x"}]}', 'links.0.url: it is missing'],
  ['too much', RunNotesSchema, `{"author":"${'x'.repeat(201)}"}`, 'author: at most 200 characters'],
  ['an empty list', GateSchema, '{"version":1,"rules":[]}', 'rules: at least 1 entry'],
  [
    'one of several',
    GateSchema,
    '{"version":1,"rules":[{"scope":"item","metric":"nope","min":1}]}',
    'rules.0.metric: expected one of werRatio, rtf',
  ],
  [
    'below a bound',
    GateSchema,
    '{"version":1,"rules":[{"scope":"run","metric":"failed","max":0,"tolerance":-1}]}',
    'tolerance: at least 0',
  ],
  ['a kind of object', GateSchema, '{"version":1,"rules":[{"scope":"nope"}]}', 'rules.0.scope: expected one of run, mode, item'],
  ['what is no JSON', GateSchema, '{bad', 'it is no JSON: '],
])('%s is said in words', (_, schema, text, detail) => {
  expect(detailOf(schema, text)).toMatchObject({
    code: 'INPUT_INVALID',
    data: { field: 'file.json', detail: expect.stringContaining(detail) as string },
  });
});
