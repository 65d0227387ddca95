/** `via: exec`: what a program says of its device becomes what a server reads, and the next thing that is done. */
import assert from "node:assert/strict";
import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { SECOND } from "../../src/clock.ts";
import type { FirmwareStatus } from "../../src/firmware/job.ts";
import { CONTENT_FORMAT } from "../../src/lwm2m/formats/codec.ts";
import { type AGateway, aGateway } from "../support/a-gateway.ts";
import { settleUntil } from "../support/fake-clock.ts";
import { temporaryDirectory } from "../support/temp.ts";

/** proc(5): the processes that this one has started, and that have not ended. */
const CHILDREN = `/proc/${process.pid}/task/${process.pid}/children`;
const IMAGE = Buffer.alloc(5000, "firmware of a valve ");

const mapping = (program: string): string => `mapping: valve
protocol: modbus
modbus: { unit_id: 1 }
firmware:
  via: exec
  transfer: { command: [${program}], steps: [probe, activate] }
  activate: [ { exec: activate } ]
  expect: changed
  retries: 2
  verify: { within: 1m, poll: 5s, settle: 10s }
objects:
  3303: { sensor_value: { input: 0, as: f32, unit: Cel } }
`;

class Valve {
  readonly world: AGateway;
  private readonly folder: string;

  constructor(world: AGateway, folder: string) {
    this.world = world;
    this.folder = folder;
  }

  /** `send`, `activate`: what it does then, in shell; $DIR is its folder. Update is executed. */
  static async updated(t: TestContext, send: string, activate = 'echo 2.0.0 >"$DIR/version"'): Promise<Valve> {
    const folder = temporaryDirectory(t);
    const program = join(folder, "flash");
    writeFileSync(join(folder, "version"), "1.0.0\n");
    writeFileSync(
      program,
      `#!/bin/sh
DIR="${folder}"
case $LWM2M_FIRMWARE_STEP in
  probe) echo "version $(cat "$DIR/version")" ;;
  send)
    echo "$LWM2M_FIRMWARE_JOB $LWM2M_FIRMWARE_OFFSET" >>"$DIR/runs"
    . "$DIR/send" ;;
  activate)
    ${activate} ;;
esac
`,
    );
    chmodSync(program, 0o700);
    const world = await aGateway(t, {
      mappings: { valve: mapping(program) },
      devices: ["{ id: valve, mapping: valve, link: bus }"],
      gateway: `firmware: { exec: [${program}] }`,
      prepare: ({ meter }) => void meter.set("3303/0/5700", 20),
    });
    const valve = new Valve(world, folder);
    valve.sends(send);
    const { server } = world;
    const pushed = server.ask(3, "/valve/5/0/0", { format: CONTENT_FORMAT.opaque, payload: IMAGE });
    assert.equal((await server.kept(pushed)).code, "2.04");
    await settleUntil("it is checked", () => valve.firmware?.state === 2);
    await server.execute("/valve/5/0/2");
    return valve;
  }

  sends(script: string): void {
    writeFileSync(join(this.folder, "send"), `${script}\n`);
  }

  get firmware(): FirmwareStatus | undefined {
    return this.world.gateway.status().firmware?.[0];
  }

  /** Of each run that sent: which job it was told, and where it could go on. */
  get runs(): readonly (readonly string[])[] {
    const file = join(this.folder, "runs");
    if (!existsSync(file)) return [];
    return readFileSync(file, "utf8")
      .trim()
      .split("\n")
      .map((line) => line.split(" "));
  }

  /** A program takes real time: as long as one runs, the clock of the gateway stands still. */
  async comesTo(state: number, result: number): Promise<void> {
    for (let i = 0; this.firmware?.state !== state || this.firmware.result !== result; i++) {
      assert.ok(i < 1000, `it is at ${this.firmware?.state}/${this.firmware?.result}, not ${state}/${result}`);
      await this.world.clock.advance(SECOND);
      await settleUntil("the program has ended", () => readFileSync(CHILDREN, "utf8") === "");
    }
  }
}

const GIVEN_UP = [
  ["no room in the flash", 10, 2, 1],
  ["no room in the memory", 11, 3, 1],
  ["no image for this device", 12, 6, 1],
  ["damaged, twice", 13, 5, 2],
  ["it had it, and could not make it run", 15, 8, 1],
] as const;

for (const [says, code, result, times] of GIVEN_UP) {
  test(`the program says ${code}, ${says}: result ${result}, and the image is given up`, async (t) => {
    const valve = await Valve.updated(t, `exit ${code}`);
    await valve.comesTo(0, result);
    assert.equal(valve.runs.length, times);
    await settleUntil("the image is given up", () => valve.firmware?.image === undefined);
  });
}

test("the program says 14, not now: it is deferred, asked again, and then done", async (t) => {
  const valve = await Valve.updated(t, "echo the battery is low >&2; exit 14");
  await valve.comesTo(2, 11);
  assert.match(
    valve.firmware?.waits ?? "",
    /not now: .*flash ended with code 14: the battery is low; asked again in 1m/,
  );
  valve.sends("exit 0");
  await valve.comesTo(0, 1);
});

test("a device that is lost in the middle: the program is told how far it was, and that it is the same job", async (t) => {
  const valve = await Valve.updated(t, '[ "$LWM2M_FIRMWARE_OFFSET" = 3000 ] && exit 0; echo progress 3000; exit 75');
  await valve.comesTo(0, 1);
  const [[job] = [], ...again] = valve.runs;
  assert.deepEqual(again, [[job, "3000"]]);
});

test("a device that stays away: result 8, the image is kept, and another Update brings it there", async (t) => {
  const valve = await Valve.updated(t, "echo no answer >&2; exit 1");
  await valve.comesTo(2, 8);
  assert.equal(valve.runs.length, 3, "once, and as often again as `retries` says");
  assert.equal(valve.firmware?.image?.size, IMAGE.length);
  valve.sends("exit 0");
  await valve.world.server.execute("/valve/5/0/2");
  await valve.comesTo(0, 1);
});

test("a device whose program says the old version after all was not updated: result 8", async (t) => {
  const valve = await Valve.updated(t, "exit 0", ":");
  await valve.comesTo(0, 8);
  assert.match(valve.firmware?.history.at(-1)?.reason ?? "", /it still ran 1\.0\.0/);
});
