import { maskText } from '#shared/util/maskText.ts';
import { isSecretName } from '#shared/domain/secretNames.ts';
import type { LogFields } from '../core/ports.ts';

const MASK = '[masked]';
/** Deeper parts of a field are left out: logs are for reading, and a cycle has no end. */
const MAX_DEPTH = 6;

/** Copy of log fields with secrets masked by name and by shape; errors become their type, code, message and stack. */
export function maskFields(fields: LogFields): Record<string, unknown> {
  return maskObject(fields, 0);
}

function maskObject(object: object, depth: number): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(object).map(([name, value]) => [name, isSecretName(name) && hasContent(value) ? MASK : maskValue(value, depth + 1)]),
  );
}

function maskValue(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return maskText(value);
  if (typeof value === 'bigint') return value.toString();
  if (typeof value !== 'object' || value === null) return value;
  if (depth > MAX_DEPTH) return '[deeper]';
  if (value instanceof Error) return maskError(value, depth);
  if (value instanceof Date) return value.toISOString();
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (Array.isArray(value)) return value.map((entry) => maskValue(entry, depth + 1));
  return maskObject(value, depth);
}

function maskError(error: Error, depth: number): Record<string, unknown> {
  const { name: type, message, stack, cause, ...own } = error;
  return {
    type: type,
    message: maskText(message),
    ...(stack === undefined ? {} : { stack: maskText(stack) }),
    ...maskObject(own, depth),
    ...(cause === undefined ? {} : { cause: maskValue(cause, depth + 1) }),
  };
}

function hasContent(value: unknown): boolean {
  return value !== null && value !== undefined && value !== '' && typeof value !== 'boolean' && typeof value !== 'number';
}
