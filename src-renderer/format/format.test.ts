import { describe, expect, it } from 'vitest';
import { createFormat, resolveLocale } from './format.ts';

const en = createFormat('en', 'UTC');
const ko = createFormat('ko', 'UTC');
const plain = (text: string): string => text.replaceAll('\u00a0', ' ');

describe('durations', () => {
  it.each([
    [0, '0.0 s', '0.0초'],
    [0.41, '410 ms', '410밀리초'],
    [0.9999, '1.0 s', '1.0초'],
    [8.44, '8.4 s', '8.4초'],
    [59.96, '1 min', '1분'],
    [125, '2 min 5 s', '2분 5초'],
    [725, '12 min', '12분'],
    [19_440, '5 h 24 min', '5시간 24분'],
    [3_600, '1 h', '1시간'],
    [183_600, '2 d 3 h', '2일 3시간'],
    [-3, '0.0 s', '0.0초'],
    [Number.NaN, '–', '–'],
  ])('%s seconds', (seconds, english, korean) => {
    expect(plain(en.duration(seconds))).toBe(english);
    expect(ko.duration(seconds)).toBe(korean);
  });
});

it.each([
  [0.3412, '= 0.34'],
  [0.0208, '= 0.021'],
  [0.00042, '= 0.0004'],
  [0.000_01, '< 0.0001'],
])('p of %s', (p, text) => {
  expect(en.pValue(p)).toBe(text);
});

it.each([
  [3.24, '0:03.2'],
  [59.97, '1:00.0'],
  [3_723.4, '1:02:03.4'],
])('a place at %s seconds', (seconds, text) => {
  expect(en.position(seconds)).toBe(text);
});

it('counts down in whole seconds', () => {
  expect(plain(en.countdown(58.2))).toBe('59 s');
  expect(ko.countdown(-1)).toBe('0초');
  expect(plain(en.countdown(90))).toBe('1 min 30 s');
});

describe('sizes', () => {
  it('uses binary multiples', () => {
    expect(plain(en.bytes(0))).toBe('0 B');
    expect(plain(en.bytes(1536))).toBe('1.5 KB');
    expect(plain(en.bytes(2.1 * 1024 ** 3))).toBe('2.1 GB');
    expect(plain(en.bytes(1024 ** 6))).toBe('1,024 PB');
  });

  it('shows used and total in the unit of the total', () => {
    expect(plain(en.bytesOf(11.2 * 1024 ** 3, 32 * 1024 ** 3))).toBe('11.2 / 32 GB');
    expect(plain(en.bytesOf(0, 1024))).toBe('0 / 1 KB');
  });
});

describe('percentages', () => {
  it('shows ratios as percentages', () => {
    expect(plain(en.percent(0.0523))).toBe('5.23 %');
    expect(ko.percent(0.0523)).toBe('5.23%');
    expect(plain(en.percent(1.5, 0))).toBe('150 %');
    expect(en.percentBare(0.333_33)).toBe('33.3');
    expect(en.points(0.004_2)).toBe('0.42');
  });
});

describe('clock', () => {
  const at = Date.UTC(2026, 10, 22, 22, 4, 7);
  it('leaves out the day when it is today', () => {
    expect(en.clock(at, at + 1_000)).toBe('22:04');
    expect(en.clockWithSeconds(at)).toBe('22:04:07');
  });
  it('names another day', () => {
    expect(en.clock(at, at + 86_400_000)).toBe('22 Nov, 22:04');
    expect(ko.clock(at, at + 86_400_000)).toBe('11월 22일, 22:04');
  });
});

describe('language', () => {
  it('follows the setting before the browser', () => {
    expect(resolveLocale('ko', ['en-GB'])).toBe('ko');
    expect(resolveLocale('auto', ['fr-FR', 'ko-KR', 'en'])).toBe('ko');
    expect(resolveLocale('auto', ['fr'])).toBe('en');
    expect(resolveLocale('auto', [])).toBe('en');
  });
});
