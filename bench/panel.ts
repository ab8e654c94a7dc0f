import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type CDPSession, type Page } from '@playwright/test';
import type { AnyEvent } from '#shared/contract/events.ts';
import type { ItemRow } from '#shared/contract/items.ts';
import type { QueueState } from '#shared/contract/queue.ts';
import type { Sample } from '#shared/contract/resources.ts';
import { type WebSocket, WebSocketServer, WebSocket as ClientSocket } from 'ws';
import { RunOptionsSchema, type RunSummary } from '#shared/contract/runs.ts';
import { openWriter } from '#main/core/persistence/connection.ts';
import { findChromium } from '../e2e/chromium.ts';
import { startServe } from '../e2e/fixtures.ts';
import { machineFacts } from './machine.ts';

/**
 * The panel in Chromium on the built serve host, with a run of 100,000 files and events added to those of the host: what they cost the page's main
 * thread, the longest frame and the heap, screen by screen; then the table scrolled from one end to the other. Needs a build. First argument: events a second.
 */
const EVENTS_PER_SEC = Number(process.argv[2] ?? 1_000);
const FILES = 100_000;
const WATCHED_SEC = 8;
const SCROLLED_SEC = 8;
const TICK_MS = 20;
/** As the runtime limits them: runs and rows at most ten times a second, readings once. */
const RUNS_PER_SEC = 10;

const folder = await mkdtemp(join(tmpdir(), 'nightshift-bench-'));
const cleanUp = new AsyncDisposableStack();
cleanUp.defer(() => rm(folder, { recursive: true, force: true }));
try {
  console.log(await machineFacts(folder));
  plantRun(join(folder, 'nightshift.db'));
  const { link, end } = await startServe(folder);
  cleanUp.defer(() => end('SIGINT'));
  const executablePath = findChromium();
  const browser = await chromium.launch({
    args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
    ...(executablePath === undefined ? {} : { executablePath }),
  });
  cleanUp.defer(() => browser.close());
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  const relay = await startRelay(link);
  cleanUp.defer(() => relay.close());
  await page.goto(relay.link);
  await page.getByRole('navigation').waitFor();
  const facts = await ask<RunSummary>(page, 'runs.get', { runId: 1 });
  const { items } = await ask<{ items: ItemRow[] }>(page, 'items.list', { runId: 1, count: 200 });
  const queue = await ask<QueueState>(page, 'queue.get', {});
  const { samples } = await ask<{ samples: Sample[] }>(page, 'resources.history', { seconds: 10 });
  const { send } = relay;
  const events = eventsOf(facts, items, queue, samples);
  const cdp = await page.context().newCDPSession(page);
  await cdp.send('Performance.enable', { timeDomain: 'threadTicks' });
  for (const [name, hash] of [
    ['run', '#/run/1'],
    ['queue', '#/queue/1'],
    ['runs', '#/runs'],
  ] as const) {
    await page.evaluate(`location.hash = ${JSON.stringify(hash)}`);
    await page.waitForTimeout(2_000);
    console.log(`${name}, no events: ${await watched(page, cdp, () => undefined)}`);
    console.log(`${name}, ${EVENTS_PER_SEC} events/s: ${await watched(page, cdp, () => send(events()))}`);
  }
  await page.evaluate(`location.hash = '#/run/1'`);
  await page.locator('.grid[role=grid] .gridRow').nth(10).waitFor();
  console.log(
    `table of ${FILES} files, scrolled from one end to the other with ${EVENTS_PER_SEC} events/s: ${await scrolled(page, () => send(events()))}`,
  );
} finally {
  await cleanUp.disposeAsync();
}

interface Relay {
  readonly link: string;
  send(event: AnyEvent): void;
  close(): Promise<void>;
}

/** Stands before the host and adds events to its own, so that the browser gets them over a socket as always. */
async function startRelay(link: string): Promise<Relay> {
  const host = new URL(link);
  const pages = new Set<WebSocket>();
  let seq = 0;
  const headersOf = (headers: NodeJS.Dict<string | string[]>): NodeJS.Dict<string | string[]> => ({
    ...headers,
    host: host.host,
    ...(headers['origin'] === undefined ? {} : { origin: host.origin }),
  });
  const server = createServer((asked, answer) => {
    const { method, url, headers } = asked;
    const passed = request({ host: host.hostname, port: host.port, method, path: url, headers: headersOf(headers) }, (found) => {
      answer.writeHead(found.statusCode ?? 502, found.headers);
      found.pipe(answer);
    });
    passed.once('error', () => answer.destroy());
    asked.pipe(passed);
  });
  const sockets = new WebSocketServer({ server });
  sockets.on('connection', (page, asked) => {
    const { cookie } = asked.headers;
    const events = new ClientSocket(new URL(asked.url ?? '', host.href.replace(/^http/, 'ws')), {
      origin: host.origin,
      ...(cookie !== undefined && { headers: { cookie } }),
    });
    pages.add(page);
    // One numbering for the events of both.
    events.on('message', (text) => page.send(JSON.stringify({ ...JSON.parse(String(text)), seq: (seq += 1) })));
    events.once('close', () => page.close());
    events.once('error', () => page.close());
    page.once('close', () => {
      pages.delete(page);
      events.close();
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const own = new URL(link);
  own.port = String((server.address() as AddressInfo).port);
  return {
    link: own.href,
    send({ name, payload }) {
      const frame = JSON.stringify({ seq: (seq += 1), name, payload });
      for (const page of pages) page.send(frame);
    },
    async close() {
      for (const page of pages) page.terminate();
      sockets.close();
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}

/** What a busy run tells: a step for each file that began or ended, and now and then the run, its rows, the machine and the queue. */
function eventsOf(run: RunSummary, rows: readonly ItemRow[], queue: QueueState, samples: readonly Sample[]): () => AnyEvent {
  let count = 0;
  let done = 0;
  const every = Math.max(1, Math.round(EVENTS_PER_SEC / RUNS_PER_SEC));
  return (): AnyEvent => {
    count += 1;
    const place = count % every;
    const row = rows[count % rows.length];
    if (row === undefined) throw new Error('no rows');
    if (place === 0) {
      done += every;
      const [mode] = run.modes;
      if (mode === undefined) throw new Error('no mode');
      const queued = Math.max(0, mode.queued - done);
      const changed = {
        ...mode,
        status: 'running' as const,
        queued,
        active: 4,
        done: mode.done + done,
        werRatio: 0.05 + (count % 7) / 1_000,
        etaSec: queued / 10,
      };
      const totals = { ...run.totals, queued, active: 4, done: changed.done };
      return {
        name: 'run.changed',
        payload: {
          ...run,
          status: 'running',
          pausedBy: null,
          modes: [changed],
          totals,
          activeWorkers: 4,
          progressRatio: changed.done / FILES,
        },
      };
    }
    if (place === 1) {
      const some = rows
        .slice(0, 100)
        .map((entry, index) => ({ ...entry, tasks: entry.tasks.map((task) => ({ ...task, werRatio: ((count + index) % 100) / 100 })) }));
      return { name: 'items.changed', payload: { runId: run.id, items: some, more: true } };
    }
    if (count % EVENTS_PER_SEC === 2) {
      const sample = samples.at(-1);
      if (sample !== undefined) return { name: 'resources.sampled', payload: { ...sample, atMs: Date.now(), cpuPercent: count % 100 } };
    }
    if (count % EVENTS_PER_SEC === 3) return { name: 'queue.changed', payload: { ...queue } };
    const step = { mode: 'streaming' as const, itemId: row.id, fileId: row.fileId };
    const error = count % 100 === 50 ? { code: 'CONNECTION_LOST' as const, data: {} } : null;
    return {
      name: 'run.stepped',
      payload: {
        runId: run.id,
        atMs: Date.now(),
        step: { step: 'taskFinished', ...step, status: error === null ? 'done' : 'failed', werRatio: 0.1, error },
      },
    };
  };
}

/** Sends what is due every few milliseconds until it is ended. */
function sending(send: () => void): () => void {
  const startedMs = performance.now();
  let sent = 0;
  const timer = setInterval(() => {
    const due = ((performance.now() - startedMs) / 1_000) * EVENTS_PER_SEC;
    for (; sent < due; sent += 1) send();
  }, TICK_MS);
  return () => clearInterval(timer);
}

async function watched(page: Page, cdp: CDPSession, send: () => void): Promise<string> {
  const end = sending(send);
  try {
    await page.waitForTimeout(1_000);
    const before = await metrics(cdp);
    const startedMs = performance.now();
    const longest = await page.evaluate<number>(`(async () => {
      let most = 0;
      const observer = new PerformanceObserver((list) => { for (const { duration } of list.getEntries()) most = Math.max(most, duration); });
      observer.observe({ type: 'longtask' });
      await new Promise((done) => setTimeout(done, ${WATCHED_SEC * 1_000}));
      observer.disconnect();
      return most;
    })()`);
    const after = await metrics(cdp);
    const watchedSec = (performance.now() - startedMs) / 1_000;
    // Processor time of the thread, so that other programs of the machine do not count.
    const share = (key: string): string => `${((((after.get(key) ?? 0) - (before.get(key) ?? 0)) / watchedSec) * 100).toFixed(1)} %`;
    const heap = (after.get('JSHeapUsedSize') ?? 0) / 1024 ** 2;
    await cdp.send('HeapProfiler.collectGarbage');
    const kept = ((await metrics(cdp)).get('JSHeapUsedSize') ?? 0) / 1024 ** 2;
    return `main thread ${share('TaskDuration')} of a core (script ${share('ScriptDuration')}, layout and style ${share('LayoutDuration')} + ${share('RecalcStyleDuration')}), longest task ${longest === 0 ? 'under 50' : longest.toFixed(0)} ms, heap ${heap.toFixed(0)} MB (${kept.toFixed(0)} MB after collection)`;
  } finally {
    end();
  }
}

async function scrolled(page: Page, send: () => void): Promise<string> {
  const end = sending(send);
  try {
    const gaps = await page.evaluate<number[]>(`(async () => {
      const grid = document.querySelector('.grid[role=grid]');
      const whole = grid.scrollHeight - grid.clientHeight;
      const started = performance.now();
      const gaps = [];
      for (let last = started, part = 0; part < 1;) {
        await new Promise(requestAnimationFrame);
        const now = performance.now();
        gaps.push(now - last);
        last = now;
        part = Math.min(1, (now - started) / ${SCROLLED_SEC * 1_000});
        grid.scrollTop = part * whole;
      }
      return gaps;
    })()`);
    const sorted = gaps.toSorted((left, right) => left - right);
    const at = (share: number): string => (sorted[Math.floor((sorted.length - 1) * share)] ?? Number.NaN).toFixed(1);
    return `${gaps.length} frames in ${SCROLLED_SEC} s, half within ${at(0.5)} ms, 99 % within ${at(0.99)} ms, longest ${at(1)} ms`;
  } finally {
    end();
  }
}

async function metrics(cdp: CDPSession): Promise<Map<string, number>> {
  const { metrics: found } = (await cdp.send('Performance.getMetrics')) as { metrics: { name: string; value: number }[] };
  return new Map(found.map(({ name, value }) => [name, value]));
}

async function ask<T>(page: Page, name: string, input: object): Promise<T> {
  const reply = await page.evaluate<{ ok: boolean; data: T }>(`fetch('/rpc/${name}', {
    method: 'POST', headers: { 'content-type': 'application/json' }, body: ${JSON.stringify(JSON.stringify(input))},
  }).then((response) => response.json())`);
  if (!reply.ok) throw new Error(`${name}: ${JSON.stringify(reply)}`);
  return reply.data;
}

/** A paused run of which half is done. */
function plantRun(path: string): void {
  const writer = openWriter(path);
  writer.pragma('synchronous = OFF');
  const options = RunOptionsSchema.parse({ modes: ['streaming'] });
  const item = writer.prepare(
    `INSERT INTO items (run_id, file_id, path, size_bytes, modified_ms, reference, inspected, sha256, announced_sec) VALUES (1, ?, ?, 1, 1, 'a', 1, ?, 8)`,
  );
  const task = writer.prepare(
    `INSERT INTO tasks (run_id, item_id, type, mode, priority, max_retries, status, result_key, audio_sec, rank, ended_at_ms)
     VALUES (1, ?, 'transcribe', 'streaming', 6, 3, ?, ?, 8, ?, ?)`,
  );
  writer.transaction(() => {
    writer
      .prepare(
        `INSERT INTO runs (name, status, sources, options, results_path, created_at_ms, started_at_ms, paused_by) VALUES ('bench', 'paused', '["/data"]', ?, '/out', 1, 1, 'user')`,
      )
      .run(JSON.stringify(options));
    writer.prepare(`INSERT INTO run_modes (run_id, mode, position, status) VALUES (1, 'streaming', 0, 'waiting')`).run();
    for (let index = 0; index < FILES; index += 1) {
      const { lastInsertRowid } = item.run(`${index % 200}/${index}.flac`, `/data/${index}.flac`, `${index}`);
      const isDone = index % 2 === 0;
      task.run(lastInsertRowid, isDone ? 'done' : 'queued', `${index}`, index, isDone ? 1 : null);
    }
  })();
  writer.close();
}
