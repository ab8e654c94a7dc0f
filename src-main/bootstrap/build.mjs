import { ensureReady } from './ensure.mjs';
import { runMain } from './say.mjs';

await runMain(async () => {
  await ensureReady();
  return 0;
});
