/** A gateway that is killed while a program brings an image: the program is begun anew, as the same job, and never beside the first. */
import assert from "node:assert/strict";
import { chmodSync, existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test, { type TestContext } from "node:test";
import { GatewayWorld } from "../interop/gateway-world.ts";
import { anImage } from "../support/an-image.ts";
import { runs } from "../support/process.ts";
import { temporaryDirectory } from "../support/temp.ts";

const LIMIT = { timeout: 60_000 };
const IMAGE = anImage(10_000);

/**
 * It keeps what each of its runs was told in a file, and one that begins while another goes on says so in `together`. In this step it
 * waits for `go`, and prints nothing meanwhile.
 */
const program = (folder: string, waitsIn: string): string => `#!/bin/sh
DIR="${folder}"
exec 9>>"$DIR/lock"
flock -n 9 || echo "$LWM2M_FIRMWARE_STEP" >>"$DIR/together"
env | grep ^LWM2M_ >"$DIR/draft.$$"
mv "$DIR/draft.$$" "$DIR/$LWM2M_FIRMWARE_STEP.$$"
wait_for_go() { while [ -d "$DIR" ] && [ ! -e "$DIR/go" ]; do sleep 0.02; done; }
case $LWM2M_FIRMWARE_STEP in
  probe)
    echo "version $(cat "$DIR/version")"
    [ ! -e "$DIR/flashed" ] || echo staged ;;
  send)
    echo progress 4000
    ${waitsIn === "send" ? "wait_for_go" : ":"}
    cp "$LWM2M_FIRMWARE_FILE" "$DIR/flashed" ;;
  activate)
    ${waitsIn === "activate" ? "wait_for_go" : ":"}
    echo 2.0.0 >"$DIR/version" ;;
esac
`;

async function aWorld(t: TestContext, waitsIn: string) {
  const folder = temporaryDirectory(t);
  const flash = join(folder, "flash");
  writeFileSync(flash, program(folder, waitsIn));
  chmodSync(flash, 0o700);
  writeFileSync(join(folder, "version"), "1.0.0\n");
  const world = await GatewayWorld.open(t, {
    protocol: "simulated",
    links: ["trial: { type: simulated }"],
    devices: ["id: valve, mapping: device, link: trial"],
    gateway: `firmware: { exec: [${flash}] }`,
    mappings: {
      device: `
objects:
  3303: { sensor_value: { constant: 21.5 } }
firmware:
  via: exec
  transfer: { command: [${flash}], steps: [probe, activate] }
  activate: [ { exec: activate } ]
  expect: changed
  verify: { within: 20s, poll: 200ms, settle: 400ms }
`,
    },
  });
  /** Of each run of that step so far, by its process. */
  const told = (step: string): ReadonlyMap<number, readonly string[]> => {
    const files = readdirSync(folder).filter((name) => name.startsWith(`${step}.`));
    return new Map(
      files.map((name) => [Number(name.split(".")[1]), readFileSync(join(folder, name), "utf8").trim().split("\n")]),
    );
  };
  return { world, folder, told };
}

/** Without what it may be told otherwise the next time. */
function sameJob(told: readonly string[]): readonly string[] {
  return told.filter((line) => !line.startsWith("LWM2M_FIRMWARE_OFFSET=")).sort();
}

for (const step of ["send", "activate"] as const) {
  test(
    `killed while the program is at "${step}", and prints nothing: it is ended, and begun anew`,
    LIMIT,
    async (t) => {
      const { world, folder, told } = await aWorld(t, step);
      await world.reads("/valve/5/0/3", 0);
      await world.write("/valve/5/0/0", IMAGE.bytes);
      await world.reads("/valve/5/0/3", 2);
      await world.execute("/valve/5/0/2");
      while (told(step).size === 0) await world.pause();
      const [[first = 0, firstTold = []] = []] = told(step);
      if (step === "send") while ((await world.firmware())[0]?.progress?.bytes !== 4000) await world.pause();
      await world.kill();
      assert.ok(runs(first), "nobody has told it that the gateway is gone");
      await world.startAgain();
      assert.ok(!runs(first), "it is not left beside what follows");
      while (told(step).size === 1) await world.pause();
      const [, again = []] = [...told(step)].find(([pid]) => pid !== first) ?? [];
      assert.deepEqual(sameJob(again), sameJob(firstTold), "the same image, device and job");
      if (step === "send") assert.ok(again.includes("LWM2M_FIRMWARE_OFFSET=4000"), again.join(" "));
      writeFileSync(join(folder, "go"), "");
      await world.reads("/valve/5/0/5", 1);
      assert.equal(await world.read("/valve/5/0/3"), 0);
      assert.ok(readFileSync(join(folder, "flashed")).equals(IMAGE.bytes));
      assert.equal(told("send").size, step === "send" ? 2 : 1);
      assert.ok(!existsSync(join(folder, "together")), "one at a time");
    },
  );
}
