/** `0:01:02.50` (hours, minutes, seconds) in milliseconds; null when it is no such time. */
export function clockTimeMs(text: string | null | undefined): number | null {
  const parts = /^(\d+):(\d{1,2}):(\d{1,2}(?:\.\d+)?)$/.exec(text?.trim() ?? '');
  if (parts === null) return null;
  const [, hours, minutes, seconds] = parts;
  return Math.round((Number(hours) * 3_600 + Number(minutes) * 60 + Number(seconds)) * 1_000);
}
