import { guardServer } from '#main/platform/serverGuard.ts';

/** Stands between an owner and one speech server, so that no death of either leaves a process behind. Started with an IPC channel. */
guardServer();
