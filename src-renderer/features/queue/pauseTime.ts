const DAY_HOURS = 24;

/** The next moment at which clocks show that time, ms since the epoch; null where the text is no time. A time of this very minute is tomorrow's. */
export function nextOccurrence(time: string, nowMs: number): number | null {
  const match = /^(\d{1,2}):(\d{2})$/.exec(time.trim());
  const [hours, minutes] = [Number(match?.[1]), Number(match?.[2])];
  if (match === null || hours >= DAY_HOURS || minutes >= 60) return null;
  const at = new Date(nowMs);
  at.setHours(hours, minutes, 0, 0);
  // By the calendar and not by 24 hours: a day may have 23 or 25.
  if (at.getTime() <= nowMs) at.setDate(at.getDate() + 1);
  return at.getTime();
}
