import { expect, test } from 'vitest';
import { leftText, workersText } from './forecastText.ts';

const facts = { possible: 8, forecastMb: 8_110, limitMb: 8_192, cpuPercent: 93.4, cpuLimitPercent: 90 };

test('says in both languages why fewer workers are allowed', () => {
  const held = { allowedWorkers: 6, workersReason: 'memoryLimit', workersFacts: facts } as const;
  expect(workersText(held, 'en')).toBe('6 of 8 workers: memory forecast for one more 7.9 GB of 8.0 GB');
  expect(workersText(held, 'ko')).toBe('작업자 8개 중 6개: 하나 더 실행하면 예상 메모리 7.9 GB / 한도 8.0 GB');
  expect(workersText({ ...held, workersReason: 'cpuLimit' }, 'en')).toBe(
    '6 of 8 workers: CPU at 93 %, one more would pass the limit of 90 %',
  );
  expect(workersText({ ...held, workersReason: 'machineMemory' }, 'en')).toContain('whole machine');
  expect(workersText({ allowedWorkers: 8, workersReason: null, workersFacts: null }, 'ko')).toBeNull();
});

test('says what is left with its range', () => {
  const estimate = { etaSec: 7_800, etaLowSec: 6_600, etaHighSec: 9_600 };
  expect(leftText(estimate, 'en')).toBe('about 2 h 10 min left, between 1 h 50 min and 2 h 40 min');
  expect(leftText(estimate, 'ko')).toBe('약 2시간 10분 남음 (1시간 50분~2시간 40분)');
  expect(leftText({ etaSec: 20, etaLowSec: 0.2, etaHighSec: 59 }, 'en')).toBe('about 20 s left, between 1 s and 59 s');
  expect(leftText({ etaSec: null, etaLowSec: null, etaHighSec: null }, 'en')).toBeNull();
});
