import { z } from 'zod';
import { MODES } from '#shared/domain/mode.ts';
import { NORMALIZERS } from '#shared/domain/scores.ts';
import { isErrorCode, type ErrorCode } from '#shared/errors/errorCodes.ts';

export const ModeSchema = z.enum(MODES);
export const NormalizerSchema = z.enum(NORMALIZERS);
export const IdSchema = z.int().positive();
/** Milliseconds since 1970-01-01T00:00Z. */
export const EpochMsSchema = z.number().nonnegative();
export const PortSchema = z.int().min(1).max(65_535);
export const PathSchema = z.string().min(1).max(32_768);
/** Whoever asks resolves its own relative paths: the owner's working folder is not the caller's. */
export const AbsolutePathSchema = PathSchema.refine((path) => /^(\/|[A-Za-z]:[\\/]|\\\\)/.test(path), 'expected an absolute path');

export const ErrorCodeSchema = z.custom<ErrorCode>((value) => typeof value === 'string' && isErrorCode(value));
export const WireErrorSchema = z.object({
  code: ErrorCodeSchema,
  data: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
});

/** Something the user should know about a file or folder that does not by itself end anything. */
export const ProblemSchema = z.object({ code: ErrorCodeSchema, path: z.string(), detail: z.string().optional() });
export type Problem = z.infer<typeof ProblemSchema>;

export const WordCountsSchema = z.object({
  substitutions: z.int().nonnegative(),
  deletions: z.int().nonnegative(),
  insertions: z.int().nonnegative(),
  hits: z.int().nonnegative(),
  referenceWords: z.int().nonnegative(),
});

export const PerModeSchema = <T extends z.ZodType>(value: T) => z.object({ streaming: value, chunked: value, original: value });
