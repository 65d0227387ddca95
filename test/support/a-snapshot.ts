/** A gateway in numbers: two meters on a line, one of which was never heard; a server that has it registered. */
import type { Snapshot } from "../../src/admin/metrics/snapshot.ts";

export function aSnapshot(): Snapshot {
  const counters = { reads: 10, writes: 0, executes: 0, failures: 5, skippedPolls: 2, outages: 1 };
  const meter = { link: "bus1", values: 30, counters };
  const unit = { requests: 100, timeouts: 5, exceptions: 1, malformed: 1 };
  return {
    version: "0.1.0",
    uptime: 60_000,
    clockTrusted: true,
    servers: [
      {
        shortServerId: 101,
        uri: "coap://server",
        state: "registered",
        reason: "2.01 Created",
        reports: {
          ...{
            waiting: 3,
            stranded: 0,
            delivered: 5123,
            deliveredLately: 60,
            sinceDelivered: 12_000,
            delivery: "send",
          },
          dropped: { age: 7, bytes: 0, share: 0, hqmax: 0, damaged: 0, disk: 0, unkept: 0, ended: 0 },
        },
        sends: { delivered: 1, refused: 0, unanswered: 0 },
        transport: { sent: 10, received: 9, sentBytes: 1000, receivedBytes: 900, foreign: 0, sendErrors: 0 },
      },
    ],
    devices: [
      { ...meter, id: "meter-1", state: "online", silence: 1500, bad: 2, pollLag: 250 },
      { ...meter, id: "meter-2", state: "offline", bad: 0, pollLag: 0 },
    ],
    disabled: 3,
    links: [
      {
        id: "bus1",
        lines: [
          {
            ...{ name: "/dev/ttyUSB0", open: true, load: 42, waiting: 1 },
            units: [{ unit: "1", ...unit, turnaround: { median: 20, p95: 80 } }],
          },
        ],
      },
    ],
    firmware: [],
    store: { fileBytes: 65_536, bytes: 4096, limit: 268_435_456, servers: [{ server: 101, entries: 12 }] },
    configuration: { taken: 1_790_000_000_000, errors: 1, reloads: { taken: 2, refused: 1 } },
  };
}
