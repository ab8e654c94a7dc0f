import { startInstantServer } from '#main/testing/instantServer.ts';

/** The instant speech server in a process of its own, so that its work is not counted as the owner's. */
const server = await startInstantServer({ mode: 'original' });
process.on('disconnect', () => process.exit(0));
process.send?.(server.port);
