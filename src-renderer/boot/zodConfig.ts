import { z } from 'zod';

// Must be the first module that runs: zod otherwise probes `new Function`, which the content security policy reports as a violation.
z.config({ jitless: true });
