import { createHmac, randomBytes } from 'node:crypto';
import { isSameSecret } from '#main/hosts/httpTransport/accessPolicy.ts';

/** A link is for now, not for the history of a shell. */
export const LINK_LIFETIME_MS = 10 * 60_000;
const SESSION_LIFETIME_MS = 30 * 24 * 3_600_000;
/** A session older than this is renewed when the page is loaded, so that a panel in use never runs out. */
const SESSION_RENEWAL_MS = 24 * 3_600_000;

export interface PanelKeysOptions {
  /** 32 random bytes as hexadecimal, kept in the data folder. */
  readonly secret: string;
  /** Names one life of the serving process; links of an earlier one are worthless. */
  readonly instance: string;
  readonly nowMs: () => number;
}

function sign(secret: string, ...parts: readonly string[]): string {
  return createHmac('sha256', Buffer.from(secret, 'hex')).update(parts.join('\n')).digest('base64url');
}

/**
 * A token that lets one browser in once: expiry, nonce and their signature. Made without talking to the serving process, which
 * accepts it because it knows the same secret.
 */
export function createLinkToken(options: PanelKeysOptions): string {
  const expiresAt = String(options.nowMs() + LINK_LIFETIME_MS);
  const nonce = randomBytes(16).toString('base64url');
  return `${expiresAt}.${nonce}.${sign(options.secret, 'link', options.instance, expiresAt, nonce)}`;
}

/** What the serving process accepts: link tokens (each once) and the session cookies it gave out, also before a restart. */
export interface PanelKeys {
  /** True for a valid token, the first time. */
  redeemLink(token: string): boolean;
  /** `Set-Cookie` value of a fresh session. */
  newSessionCookie(): string;
  hasSession(cookieHeader: string | undefined): boolean;
  needsRenewal(cookieHeader: string | undefined): boolean;
}

export function createPanelKeys(options: PanelKeysOptions): PanelKeys {
  const { secret, instance, nowMs } = options;
  const usedUntilMs = new Map<string, number>();
  // Cookies do not know ports: with one name, two data folders served side by side would log each other out.
  const cookieName = `nightshift_${createHmac('sha256', Buffer.from(secret, 'hex')).update('cookie name').digest('hex').slice(0, 12)}`;

  /** When each valid session in the header was given out. */
  function issueTimes(cookieHeader: string | undefined): number[] {
    return (cookieHeader ?? '').split(';').flatMap((part) => {
      const [name, value = ''] = part.trim().split('=', 2);
      const [issuedAt = '', nonce = '', mac = '', ...rest] = value.split('.');
      if (name !== cookieName || rest.length > 0 || !/^\d{1,15}$/.test(issuedAt)) return [];
      if (!isSameSecret(mac, sign(secret, 'session', issuedAt, nonce))) return [];
      const isAlive = nowMs() < Number(issuedAt) + SESSION_LIFETIME_MS;
      return isAlive ? [Number(issuedAt)] : [];
    });
  }

  return {
    redeemLink(token) {
      const now = nowMs();
      for (const [nonce, untilMs] of usedUntilMs) if (untilMs <= now) usedUntilMs.delete(nonce);
      const [expiresAt = '', nonce = '', mac = '', ...rest] = token.split('.');
      if (rest.length > 0 || !/^\d{1,15}$/.test(expiresAt)) return false;
      if (!isSameSecret(mac, sign(secret, 'link', instance, expiresAt, nonce))) return false;
      if (Number(expiresAt) <= now || usedUntilMs.has(nonce)) return false;
      usedUntilMs.set(nonce, Number(expiresAt));
      return true;
    },
    newSessionCookie() {
      const issuedAt = String(nowMs());
      const nonce = randomBytes(16).toString('base64url');
      const value = `${issuedAt}.${nonce}.${sign(secret, 'session', issuedAt, nonce)}`;
      return `${cookieName}=${value}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${SESSION_LIFETIME_MS / 1_000}`;
    },
    hasSession: (cookieHeader) => issueTimes(cookieHeader).length > 0,
    needsRenewal: (cookieHeader) => issueTimes(cookieHeader).every((issuedAtMs) => issuedAtMs + SESSION_RENEWAL_MS < nowMs()),
  };
}

/** Brake on guessing: at most `maxFailures` wrong tokens per `windowMs`, then none is looked at until the window has passed. */
export function createFailureBrake(nowMs: () => number, maxFailures = 10, windowMs = 60_000): { isOpen(): boolean; fail(): void } {
  const failedAtMs: number[] = [];
  return {
    isOpen() {
      while (failedAtMs[0] !== undefined && failedAtMs[0] + windowMs <= nowMs()) failedAtMs.shift();
      return failedAtMs.length < maxFailures;
    },
    fail() {
      failedAtMs.push(nowMs());
    },
  };
}
