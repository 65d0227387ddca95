/** What the historical queue costs: a burst of samples, the wear of the disk, a drain, a start with a million entries. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import Sqlite from "better-sqlite3";
import { systemClock } from "../src/clock.ts";
import { silentLogger } from "../src/log.ts";
import { type ObservationId, observationId } from "../src/lwm2m/observation-id.ts";
import { type Path, parsePath } from "../src/lwm2m/path.ts";
import type { Sample } from "../src/lwm2m/sample.ts";
import { type History, openStore } from "../src/store/store.ts";
import type { Goal, Result } from "./result.ts";
import { pause, ROUNDS } from "./run.ts";
import { medians, round } from "./statistics.ts";

const OBSERVATIONS = 1000;
/** Samples a second of the burst, its seconds, and how often a second they come. */
const RATE = 100_000;
const BURST = 10;
const TICKS = 50;
/** Commit windows of one sample for each observation: three times as many as become one segment. */
const WINDOWS = 192;
/** Samples of one message of the drain. */
const MESSAGE = 100;
const RESOLUTION = 1;
const ALL_BUT_ONE_PERCENT = 0.99;

const ABOUT = `${OBSERVATIONS} observations of one float each, in one process with the store's thread, on the disk of the
temporary directory. Burst: ${RATE.toLocaleString("en")} samples a second for ${BURST} s, ${TICKS} times a second, none confirmed, a commit window of one
second; the delay is that of the event loop meanwhile. Bytes written are those that Linux counts for the process
(\`write_bytes\` of /proc/self/io: log, database and merging of segments), over ${WINDOWS} commit windows of one sample for each observation,
which are ended by a flush and not waited for: with nothing confirmed; with a slow server, where every sample is confirmed in the
window after its own; and with a healthy one, where it is confirmed before its own ends. Drain: the
million samples of the burst are read back and confirmed, ${MESSAGE} at a time, observation after observation. Restart: from
opening the store to the list of what waits. The peer is a table in the same SQLite with the primary key (observation, sequence)
and a row a sample, in one transaction a window, in the thread that asks.`;

interface Source {
  readonly id: ObservationId;
  readonly path: Path;
}

const SOURCES: readonly Source[] = Array.from({ length: OBSERVATIONS }, (_, i) => {
  const path = parsePath(`/meter-${i}/3305/0/5800`);
  return { id: observationId(1, [path]), path };
});

export async function store(): Promise<Result> {
  const rounds: Awaited<ReturnType<typeof measured>>[] = [];
  const peers: ReturnType<typeof peer>[] = [];
  for (let number = 1; number <= ROUNDS; number++) {
    rounds.push(await measured());
    peers.push(peer());
    process.stderr.write(`${number}/${ROUNDS}: ${JSON.stringify([rounds.at(-1), peers.at(-1)])}\n`);
  }
  const figures = medians(rounds);
  const rows = medians(peers);
  return {
    name: "store",
    subject: "ours",
    about: ABOUT,
    figures,
    variants: {},
    peers: { "a row a sample": rows },
    ratio: round(figures["bytes written a sample"] / rows["bytes written a sample"], 4),
    goals: goals(figures),
  };
}

async function measured() {
  return { ...(await wear()), ...(await burst()) };
}

function goals(figures: Awaited<ReturnType<typeof measured>>): Goal[] {
  const delay = figures["delay p99.9 ms"];
  const rate = figures["burst samples/s"];
  const lag = figures["burst written after ms"];
  const bytes = figures["bytes written a sample"];
  const healthy = figures["bytes written a sample, healthy server"];
  const drain = figures["drain samples/s"];
  const restart = figures["restart with a million ms"];
  return [
    {
      goal: `${RATE.toLocaleString("en")} samples a second for ${BURST} s, all on disk within 2 s`,
      reached: `${rate.toLocaleString("en")}/s, ${lag} ms`,
      met: rate >= RATE * ALL_BUT_ONE_PERCENT && lag < 2000,
    },
    { goal: "event-loop delay p99.9 below 20 ms meanwhile", reached: `${delay} ms`, met: delay < 20 },
    { goal: "below 100 bytes written a sample, 1000 samples a second", reached: `${bytes}`, met: bytes < 100 },
    { goal: "below 2 with a healthy server", reached: `${healthy}`, met: healthy < 2 },
    { goal: "10,000 samples a second read back", reached: drain.toLocaleString("en"), met: drain >= 10_000 },
    { goal: "a million entries listed within a second of the start", reached: `${restart} ms`, met: restart < 1000 },
  ];
}

/**
 * What one sample for each observation and window costs the disk where nothing is confirmed; where all is in the window after;
 * and where all is in its own.
 */
async function wear() {
  return inHistory(async (history) => {
    const away = await windows(history, () => undefined);
    const slow = await windows(history, (sequence) => sequence - 1);
    const healthy = await windows(history, (sequence) => sequence);
    return {
      "bytes written a sample": round(away, 1),
      "bytes written a sample, slow server": round(slow, 1),
      "bytes written a sample, healthy server": round(healthy, 2),
    };
  });
}

/** Bytes written a sample; each may confirm another. Begins and ends with nothing that waits. */
async function windows(history: History, confirms: (sequence: number) => number | undefined): Promise<number> {
  const begin = written();
  for (let window = 0; window < WINDOWS; window++) {
    for (const source of SOURCES) {
      const { sequence } = history.append(source.id, report(source, window), Number.POSITIVE_INFINITY);
      const confirmed = confirms(sequence);
      if (confirmed !== undefined) history.confirm(source.id, { from: 1, to: confirmed });
    }
    await history.flush();
  }
  const bytes = written() - begin;
  for (const { id } of SOURCES) history.confirm(id, { from: 1, to: Number.MAX_SAFE_INTEGER });
  await history.flush();
  return bytes / (WINDOWS * OBSERVATIONS);
}

async function burst() {
  const directory = mkdtempSync(join(tmpdir(), "lwm2m-gateway-bench-"));
  try {
    const filled = await inHistory(fill, directory);
    const start = performance.now();
    const drained = await inHistory(async (history) => {
      const ms = performance.now() - start;
      const waiting = SOURCES.reduce((sum, { id }) => sum + history.waiting(id), 0);
      if (waiting !== RATE * BURST) throw new Error(`${waiting} entries wait, of ${RATE * BURST}`);
      return { "restart with a million ms": round(ms), ...(await drain(history)) };
    }, directory);
    return { ...filled, ...drained };
  } finally {
    rmSync(directory, { recursive: true });
  }
}

async function fill(history: History) {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION });
  delay.enable();
  const cpu = process.cpuUsage();
  const start = performance.now();
  const each = RATE / TICKS;
  for (let tick = 0; tick < BURST * TICKS; tick++) {
    for (let i = 0; i < each; i++) {
      const source = SOURCES[(tick * each + i) % OBSERVATIONS];
      if (source !== undefined) history.append(source.id, report(source, tick), Number.POSITIVE_INFINITY);
    }
    await pause(Math.max(0, start + ((tick + 1) * 1000) / TICKS - performance.now()));
  }
  const seconds = (performance.now() - start) / 1000;
  delay.disable();
  const { user, system } = process.cpuUsage(cpu);
  const end = performance.now();
  await history.flush();
  return {
    "burst samples/s": round((RATE * BURST) / seconds),
    "burst CPU %": round((user + system) / seconds / 10_000, 1),
    "delay p99.9 ms": round(Math.max(0, delay.percentile(99.9) / 1e6 - RESOLUTION), 2),
    "delay max ms": round(Math.max(0, delay.max / 1e6 - RESOLUTION), 2),
    "burst written after ms": round(performance.now() - end),
    "bytes on disk a sample": round((await history.stats()).bytes / (RATE * BURST), 1),
  };
}

async function drain(history: History) {
  const start = performance.now();
  let samples = 0;
  for (let left = true; left; ) {
    left = false;
    for (const { id } of SOURCES) {
      const entries = await history.peek(id, MESSAGE);
      const last = entries.at(-1);
      if (last === undefined) continue;
      left = true;
      samples += entries.length;
      history.confirm(id, { from: 1, to: last.sequence });
    }
  }
  if (samples !== RATE * BURST) throw new Error(`${samples} came back, of ${RATE * BURST}`);
  const seconds = (performance.now() - start) / 1000;
  await history.flush();
  return { "drain samples/s": round(samples / seconds) };
}

/** The same wear of a table with a row a sample, and how many rows a second it takes at most. */
function peer() {
  const directory = mkdtempSync(join(tmpdir(), "lwm2m-gateway-bench-"));
  const db = new Sqlite(join(directory, "peer.db"));
  try {
    db.pragma("journal_mode = WAL");
    db.pragma("synchronous = FULL");
    db.exec(
      "CREATE TABLE entries (observation TEXT, sequence INTEGER, time INTEGER, value REAL, PRIMARY KEY (observation, sequence)) WITHOUT ROWID",
    );
    const insert = db.prepare("INSERT INTO entries VALUES (?, ?, ?, ?)");
    const window = db.transaction((sequence: number) => {
      for (const source of SOURCES) {
        const [sample] = report(source, sequence).samples;
        if (sample !== undefined) insert.run(source.id, sequence, sample.time, sample.value);
      }
    });
    const begin = written();
    const start = performance.now();
    for (let sequence = 0; sequence < WINDOWS; sequence++) window(sequence);
    const seconds = (performance.now() - start) / 1000;
    const samples = WINDOWS * OBSERVATIONS;
    return {
      "bytes written a sample": round((written() - begin) / samples, 1),
      "rows/s": round(samples / seconds),
    };
  } finally {
    db.close();
    rmSync(directory, { recursive: true });
  }
}

async function inHistory<T>(work: (history: History) => Promise<T>, directory?: string): Promise<T> {
  const own = directory ?? mkdtempSync(join(tmpdir(), "lwm2m-gateway-bench-"));
  const opened = await openStore({ directory: own, log: silentLogger });
  try {
    return await work(await opened.openHistory({ clock: systemClock }));
  } finally {
    await opened.close();
    if (directory === undefined) rmSync(own, { recursive: true });
  }
}

function report({ path }: Source, window: number): { samples: readonly Sample[]; confirmable: boolean } {
  const value = Math.fround(230 + (window % 97) / 7);
  return { samples: [{ path, value, time: Date.now() }], confirmable: true };
}

/** Bytes that this process has had written to a disk. */
function written(): number {
  return Number(/^write_bytes: (\d+)$/m.exec(readFileSync("/proc/self/io", "utf8"))?.[1]);
}
