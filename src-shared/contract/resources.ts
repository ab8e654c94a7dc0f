import { z } from 'zod';
import { EpochMsSchema } from './common.ts';

export const GpuSampleSchema = z.object({
  index: z.int(),
  name: z.string(),
  utilizationPercent: z.number().nullable(),
  memoryUsedBytes: z.number().nullable(),
  memoryTotalBytes: z.number().nullable(),
  temperatureC: z.number().nullable(),
  powerW: z.number().nullable(),
});

/** One reading a second. null means not available here, never 0. */
export const SampleSchema = z.object({
  atMs: EpochMsSchema,
  cpuPercent: z.number().nullable(),
  memoryUsedBytes: z.number().nullable(),
  memoryTotalBytes: z.number().nullable(),
  /** Nightshift and its own workers, without the servers. */
  ownRssBytes: z.number(),
  diskFreeBytes: z.number().nullable(),
  diskTotalBytes: z.number().nullable(),
  gpus: z.array(GpuSampleSchema),
});
export type Sample = z.infer<typeof SampleSchema>;
export type GpuSample = z.infer<typeof GpuSampleSchema>;

export const resourceRoutes = {
  /** The last minutes at one reading a second, oldest first. */
  'resources.history': {
    kind: 'query',
    input: z.object({ seconds: z.int().min(1).max(900).default(120) }),
    output: z.object({ samples: z.array(SampleSchema) }),
  },
} as const;
