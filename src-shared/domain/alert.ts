/**
 * What is watched. cpu, memory, disk, vram: share in use, percent · gpuTemperature: °C · diskFilling: hours until a disk is full at the present
 * rate · noProgress: seconds without a finished item.
 */
export const ALERT_KINDS = ['cpu', 'memory', 'disk', 'vram', 'gpuTemperature', 'diskFilling', 'noProgress'] as const;
export type AlertKind = (typeof ALERT_KINDS)[number];

/** Kinds that the user gives a pair of thresholds, with the range and unit of both. */
export const THRESHOLD_KINDS = {
  cpu: { unit: '%', max: 100 },
  memory: { unit: '%', max: 100 },
  disk: { unit: '%', max: 100 },
  vram: { unit: '%', max: 100 },
  gpuTemperature: { unit: '°C', max: 150 },
} as const satisfies Partial<Record<AlertKind, { unit: string; max: number }>>;
export type ThresholdKind = keyof typeof THRESHOLD_KINDS;

/** Raise and clear values (S4.21; pairs as in RMON alarms, so that a value at the edge is one episode and not a hundred). */
export const DEFAULT_THRESHOLDS: Readonly<Record<ThresholdKind, { isOn: boolean; raise: number; clear: number }>> = {
  cpu: { isOn: true, raise: 85, clear: 75 },
  memory: { isOn: true, raise: 90, clear: 82 },
  disk: { isOn: true, raise: 95, clear: 92 },
  vram: { isOn: true, raise: 95, clear: 88 },
  gpuTemperature: { isOn: true, raise: 87, clear: 80 },
};

/** How long a value has to stay beyond its threshold. */
export const RAISE_AFTER_MS = 10_000;
export const CLEAR_AFTER_MS = 30_000;
/** While an episode lasts it is told again that often. */
export const REMIND_AFTER_MS = 60 * 60_000;

const GB = 1024 ** 3;
/** Also in percent a large disk may be nearly full: under so much free space is an alert of its own. */
export const DISK_FREE = { raiseBytes: 5 * GB, clearBytes: 6 * GB };
export const DISK_FILLING_HOURS = { raise: 2, clear: 3 };
/** No item for so many times the usual duration, and never before a minute: a server that answers at once has no usual duration. */
export const NO_PROGRESS = { factor: 3, leastMs: 60_000 };

/** The work pauses below `floor` and goes on by itself above `goOn`; a small disk has a twentieth as its floor. */
export const LOW_DISK = { floorBytes: GB, floorRatio: 0.05, goOnFactor: 2 };
/** Five degrees over the alert; NVIDIA's cards slow themselves down around 90 °C and switch off some ten degrees later. */
export const HEAT_C = { pause: 92, goOn: 80 };
