import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AddressInfo } from 'node:net';
import { describeTransport } from '#main/hosts/transport.suite.ts';
import { createBrowserAccess, gatewayEndpointOf } from './accessPolicy.ts';
import { connectAttachSocket, openAttachSocket } from './attachSocket.ts';
import { createHttpGateway } from './gateway.ts';
import { createHttpClient } from './httpClient.ts';

describeTransport('HTTP and WebSocket over TCP', async (backend) => {
  let port = 0;
  const access = createBrowserAccess({
    port: () => port,
    endpointOf: gatewayEndpointOf,
    hasSession: (cookie) => cookie === 'session=right',
  });
  const gateway = createHttpGateway({ client: backend.client, access });
  const server = gateway.newServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  port = (server.address() as AddressInfo).port;
  const client = await createHttpClient({ target: { baseUrl: `http://127.0.0.1:${port}/`, cookie: 'session=right' } });
  return { client, dispose: () => gateway.close() };
});

describeTransport('HTTP and WebSocket over a local socket', async (backend) => {
  // A colon and a space must not matter.
  const folder = await mkdtemp(join(tmpdir(), 'night shift:'));
  const socketPath = join(folder, 'run', 'attach.sock');
  const server = await openAttachSocket({ client: backend.client, socketPath });
  const client = await connectAttachSocket({ socketPath });
  return {
    client,
    async dispose() {
      await server.close();
      await rm(folder, { recursive: true });
    },
  };
});
