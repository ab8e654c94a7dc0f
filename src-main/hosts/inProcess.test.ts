import { describeTransport } from '#main/hosts/transport.suite.ts';

describeTransport('in process', async (backend) => ({ client: backend.client, dispose: async () => undefined }));
