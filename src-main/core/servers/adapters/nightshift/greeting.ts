import { NightshiftError } from '#shared/errors/nightshiftError.ts';
import type { WsConnection } from '../shared/wsConnection.ts';
import { type HelloMessage, parseServerMessage } from './protocol.ts';

/**
 * The `hello` of our own servers and those of S0. Anything else ends the connection.
 * @throws SERVER_BUSY, SERVER_BAD_RESPONSE, SERVER_REFUSED when none comes in time, CANCELLED
 */
export async function readGreeting(connection: WsConnection): Promise<HelloMessage> {
  const message = parseServerMessage(await connection.nextText());
  if (message?.type === 'hello') return message;
  connection.terminate();
  const { port } = connection;
  if (message?.type === 'busy') throw new NightshiftError('SERVER_BUSY', { port });
  throw new NightshiftError('SERVER_BAD_RESPONSE', { port, detail: 'its first message is no greeting' });
}
