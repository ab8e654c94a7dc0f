/** How much an entry of the event log matters, in rising order; the place is what is stored. */
export const EVENT_LEVELS = ['info', 'warn', 'error'] as const;
export type EventLevel = (typeof EVENT_LEVELS)[number];

/** What an entry is about. */
export const EVENT_KINDS = ['file', 'mode', 'run', 'server', 'settings', 'system', 'alert'] as const;
export type EventKind = (typeof EVENT_KINDS)[number];

interface CodeFacts {
  readonly kind: EventKind;
  readonly level: EventLevel;
}

/** Everything that is logged. Codes are stable: scripts read them. An entry may be more severe than its code usually is. */
export const EVENT_CODES = {
  fileDone: { kind: 'file', level: 'info' },
  /** Kept with a doubt; the error code says which. */
  fileDoubtful: { kind: 'file', level: 'warn' },
  fileFailed: { kind: 'file', level: 'error' },
  /** A failed attempt; it is tried again. */
  fileRetried: { kind: 'file', level: 'warn' },
  /** Its worker or server went away; it is tried again. */
  fileLost: { kind: 'file', level: 'warn' },
  fileCancelled: { kind: 'file', level: 'info' },
  modeGivenUp: { kind: 'mode', level: 'error' },
  modeFinished: { kind: 'mode', level: 'info' },
  runCreated: { kind: 'run', level: 'info' },
  /** Folders were added to a run: how many of their files are new, and how many it had already. */
  filesAdded: { kind: 'run', level: 'info' },
  runChanged: { kind: 'run', level: 'info' },
  runRemoved: { kind: 'run', level: 'info' },
  /** Something was moved, edited, held back or taken out; `change` is one of QUEUE_CHANGES. */
  queueChanged: { kind: 'run', level: 'info' },
  queueChangeUndone: { kind: 'run', level: 'info' },
  queuePaused: { kind: 'system', level: 'info' },
  queueResumed: { kind: 'system', level: 'info' },
  serverChanged: { kind: 'server', level: 'info' },
  serverWarned: { kind: 'server', level: 'warn' },
  settingChanged: { kind: 'settings', level: 'info' },
  profilesChanged: { kind: 'settings', level: 'info' },
  /** A reading went beyond its threshold, and came back: one pair for each episode. */
  alertRaised: { kind: 'alert', level: 'warn' },
  /** Still there after an hour. */
  alertReminded: { kind: 'alert', level: 'warn' },
  alertCleared: { kind: 'alert', level: 'info' },
  /** A run goes on by the user's will although what paused it is still there. */
  limitOverridden: { kind: 'run', level: 'warn' },
  /** What a run asked for at its end: announced, taken back, done. */
  whenDonePlanned: { kind: 'system', level: 'info' },
  whenDoneCancelled: { kind: 'system', level: 'info' },
  whenDoneActed: { kind: 'system', level: 'info' },
  whenDoneFailed: { kind: 'system', level: 'error' },
  ownerStarted: { kind: 'system', level: 'info' },
  ownerEnded: { kind: 'system', level: 'info' },
  /** Work of an owner that died is back in the queue. */
  workRecovered: { kind: 'system', level: 'warn' },
} as const satisfies Record<string, CodeFacts>;
export type EventCode = keyof typeof EVENT_CODES;
