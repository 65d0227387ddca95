/** A reload of one changed device among a thousand that are polled: how long it takes, and whether another misses a poll. */
import { writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { askAdminSocket } from "../src/admin/client.ts";
import type { ReloadReport } from "../src/gateway/reload/reload-report.ts";
import type { Result } from "./result.ts";
import { type Bench, figuresOf, interleaved, pause } from "./run.ts";
import { median, round } from "./statistics.ts";
import { entriesGateway, Registers, writeDevices } from "./subjects/registers.ts";

const LINKS = 10;
const UNITS = 100;
/** In seconds. */
const EVERY = 1;
const LOAD = { floats: 5, every: EVERY };
const GATEWAY = `gateway, ${LINKS * UNITS} devices`;
/** Until all are read and what is compiled while it runs is compiled; between two reloads. In milliseconds. */
const SETTLE = 20_000;
const BETWEEN = 3000;
const RELOADS = 5;
const PATIENCE = 60_000;

const ABOUT = `${LINKS * UNITS} Modbus TCP devices on ${LINKS} links, each an entry of its own in one of ten files of devices.d, each read once every ${EVERY === 1 ? "second" : `${EVERY} s`}.
The unit of one device is changed, and the gateway reloaded over the admin socket, as \`lwm2m-gateway reload\` does it: ${RELOADS} times a
round. "ms" is from the question to the answer: files read and checked, plans compared, the device stopped and started, the
configuration kept on the disk. The servers note how long each of the other units waits for its next request: twice the period would be
a poll that was missed. The gateway is the built program.`;

export async function reload(): Promise<Result> {
  const registers = new Registers();
  try {
    const ports = await registers.listen(LINKS);
    const all = await interleaved(
      (directory) => [entriesGateway(ports, { units: UNITS, load: LOAD }, `${directory}/gateway`)],
      (bench) => measure(bench, registers, ports),
    );
    const figures = figuresOf(all, GATEWAY);
    const [took, gap] = [figures["reload ms"], figures["longest wait ms"]];
    return {
      name: "reload",
      subject: GATEWAY,
      about: ABOUT,
      figures,
      variants: {},
      peers: {},
      ratio: null,
      goals: [
        { goal: "a reload of one changed device among 1000 below 500 ms", reached: `${took} ms`, met: took < 500 },
        {
          goal: "and no missed poll elsewhere",
          reached: `the longest wait was ${gap} ms of a period of ${EVERY * 1000} ms`,
          met: gap < 2 * EVERY * 1000,
        },
      ],
    };
  } finally {
    registers.close();
  }
}

async function measure({ subject }: Bench, registers: Registers, ports: readonly number[]) {
  const directory = dirname(subject.log);
  await pause(SETTLE);
  await registers.gaps();
  await pause(BETWEEN);
  const quiet = longest(await registers.gaps(), ports[0]);
  const [asked, told]: [number[], number[]] = [[], []];
  for (let i = 1; i <= RELOADS; i++) {
    // Another unit each time, none of which another device has.
    writeDevices(directory, 0, UNITS, UNITS + i);
    const began = performance.now();
    const report = await askToReload(directory);
    asked.push(performance.now() - began);
    told.push(report.duration);
    await pause(BETWEEN);
  }
  const gap = longest(await registers.gaps(), ports[0]);
  return {
    "reload ms": round(median(asked)),
    "of these in the gateway ms": round(median(told)),
    "slowest reload ms": round(Math.max(...asked)),
    "longest wait ms": round(gap),
    "longest wait without a reload ms": round(quiet),
  };
}

/** Throws where something else was done than what the benchmark is about. */
async function askToReload(directory: string): Promise<ReloadReport> {
  const posted = { body: {}, patience: PATIENCE };
  const report = (await askAdminSocket(join(directory, "state/admin.sock"), "/v1/reload", posted)) as ReloadReport;
  const { changed, untouched } = report.devices;
  if (changed.length !== 1 || untouched !== LINKS * UNITS - 1) {
    writeFileSync(join(directory, "report.json"), JSON.stringify(report, undefined, 2));
    throw new Error(`the reload changed ${changed.length} devices: see ${directory}/report.json`);
  }
  return report;
}

/** Of the units whose device stays as it is. */
function longest(gaps: Awaited<ReturnType<Registers["gaps"]>>, changedOn: number | undefined): number {
  return Math.max(...gaps.filter(({ port, unit }) => port !== changedOn || unit < UNITS).map(({ longest }) => longest));
}
