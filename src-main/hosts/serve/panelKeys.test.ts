import { describe, expect, it } from 'vitest';
import { createFailureBrake, createLinkToken, createPanelKeys, LINK_LIFETIME_MS } from './panelKeys.ts';

const secret = 'ab'.repeat(32);
const DAY_MS = 24 * 3_600_000;

function at(startMs: number): { nowMs: () => number; advance(ms: number): void } {
  let now = startMs;
  return { nowMs: () => now, advance: (ms) => (now += ms) };
}

function cookieOf(setCookie: string): string {
  return setCookie.split(';')[0] ?? '';
}

describe('links', () => {
  it('are good once, until they expire', () => {
    const clock = at(1_000_000);
    const parts = { secret, instance: 'first', nowMs: clock.nowMs };
    const keys = createPanelKeys(parts);
    const early = createLinkToken(parts);
    const late = createLinkToken(parts);
    clock.advance(LINK_LIFETIME_MS - 1);
    expect(keys.redeemLink(early)).toBe(true);
    expect(keys.redeemLink(early)).toBe(false);
    clock.advance(1);
    expect(keys.redeemLink(late)).toBe(false);
    // Forgotten as used, and expired all the same.
    expect(keys.redeemLink(early)).toBe(false);
  });

  it('are refused when any part was changed or made with another secret or for another life of serve', () => {
    const nowMs = (): number => 1_000;
    const keys = createPanelKeys({ secret, instance: 'first', nowMs });
    const [expiresAt = '', nonce = '', mac = ''] = createLinkToken({ secret, instance: 'first', nowMs }).split('.');
    for (const token of [
      `${Number(expiresAt) + 1}.${nonce}.${mac}`,
      `${expiresAt}.${nonce}A.${mac}`,
      `${expiresAt}.${nonce}.${mac}A`,
      `${expiresAt}.${nonce}.`,
      `${expiresAt}.${nonce}`,
      `${expiresAt}.${nonce}.${mac}.x`,
      `Infinity.${nonce}.${mac}`,
      '',
      '..',
      createLinkToken({ secret: 'cd'.repeat(32), instance: 'first', nowMs }),
      createLinkToken({ secret, instance: 'second', nowMs }),
    ]) {
      expect(keys.redeemLink(token)).toBe(false);
    }
    expect(keys.redeemLink(`${expiresAt}.${nonce}.${mac}`)).toBe(true);
  });

  it('are no sessions, and sessions are no links', () => {
    const nowMs = (): number => 1_000;
    const keys = createPanelKeys({ secret, instance: 'first', nowMs });
    const session = cookieOf(keys.newSessionCookie());
    const [name = '', value = ''] = session.split('=', 2);
    expect(keys.redeemLink(value)).toBe(false);
    expect(keys.hasSession(`${name}=${createLinkToken({ secret, instance: 'first', nowMs })}`)).toBe(false);
  });
});

describe('sessions', () => {
  it('live for thirty days, over restarts, and ask for renewal after one', () => {
    const clock = at(5_000);
    const cookie = cookieOf(createPanelKeys({ secret, instance: 'first', nowMs: clock.nowMs }).newSessionCookie());
    const keys = createPanelKeys({ secret, instance: 'second', nowMs: clock.nowMs });
    expect({ has: keys.hasSession(cookie), stale: keys.needsRenewal(cookie) }).toEqual({ has: true, stale: false });
    clock.advance(DAY_MS + 1);
    expect({ has: keys.hasSession(cookie), stale: keys.needsRenewal(cookie) }).toEqual({ has: true, stale: true });
    clock.advance(29 * DAY_MS);
    expect(keys.hasSession(cookie)).toBe(false);
  });

  it('have a name of their own per data folder, so that two panels do not log each other out', () => {
    const nowMs = (): number => 0;
    const one = createPanelKeys({ secret, instance: 'i', nowMs }).newSessionCookie();
    const other = createPanelKeys({ secret: 'cd'.repeat(32), instance: 'i', nowMs }).newSessionCookie();
    expect(one.split('=')[0]).not.toBe(other.split('=')[0]);
  });

  it('are found among the cookies of other programs, also behind a worthless one of the same name', () => {
    const keys = createPanelKeys({ secret, instance: 'i', nowMs: () => 10 });
    const cookie = cookieOf(keys.newSessionCookie());
    const name = cookie.split('=')[0] ?? '';
    expect(keys.hasSession(`theme=dark; ${name}=planted; ${cookie}; x=`)).toBe(true);
    for (const header of [undefined, '', ';;;', name, `${name}=`, `x${cookie}`]) expect(keys.hasSession(header)).toBe(false);
  });
});

describe('createFailureBrake', () => {
  it('closes after too many failures and opens again with time', () => {
    const clock = at(0);
    const brake = createFailureBrake(clock.nowMs, 2, 100);
    brake.fail();
    clock.advance(50);
    brake.fail();
    expect(brake.isOpen()).toBe(false);
    clock.advance(50);
    expect(brake.isOpen()).toBe(true);
    brake.fail();
    expect(brake.isOpen()).toBe(false);
  });
});
