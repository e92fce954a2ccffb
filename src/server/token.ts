import { randomBytes, timingSafeEqual } from 'node:crypto';

/** @returns a new secret of 256 bits, base64url */
export const createToken = (): string => randomBytes(32).toString('base64url');

/** Takes equally long for every wrong token of the right length. */
export function isToken(received: string | null, token: string): boolean {
  if (received === null) return false;
  const [a, b] = [Buffer.from(received), Buffer.from(token)];
  return a.length === b.length && timingSafeEqual(a, b);
}
