import assert from "node:assert/strict";
import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { DeviceError, FirmwareError, type Transfer } from "../../../src/adapter.ts";
import { systemClock } from "../../../src/clock.ts";
import { execTarget } from "../../../src/firmware/exec/exec-target.ts";
import type { FirmwareTarget } from "../../../src/firmware/target.ts";
import { execOptionsSchema } from "../../../src/mapping/exec-way.ts";
import { anImage } from "../../support/an-image.ts";
import { aFirmwarePlan } from "../../support/device-plan.ts";
import { settleUntil } from "../../support/fake-clock.ts";
import { Heard } from "../../support/heard.ts";
import { runs } from "../../support/process.ts";
import { type LogLine, recordingLogger } from "../../support/recording-logger.ts";
import { temporaryDirectory } from "../../support/temp.ts";

const LIMIT = { timeout: 30_000 };
const SIZE = 10_000;
const image = anImage(SIZE, { version: "2.0.0", name: "valve.bin" });

interface Begun {
  readonly transfer: Transfer;
  readonly folder: string;
  readonly log: Heard<LogLine>;
  readonly acknowledged: Heard<number>;
  readonly listener: Parameters<Transfer["send"]>[1];
}

/** A program made of this shell text, where $DIR is its folder; allowed unless another one is. */
async function begun(t: TestContext, script: string, keys: object = {}, allowed?: readonly string[]): Promise<Begun> {
  const folder = temporaryDirectory(t);
  const file = join(folder, "image");
  writeFileSync(file, image.bytes);
  const program = join(folder, "flash");
  writeFileSync(program, `#!/bin/sh\nDIR="${folder}"\n${script}\n`);
  chmodSync(program, 0o755);
  const log = new Heard<LogLine>();
  const options = execOptionsSchema.parse({ command: [program, "--unit", 3, "a b; exit 9"], ...keys });
  const context = { clock: systemClock, log: recordingLogger(log), allowed: allowed ?? [program] };
  const target = execTarget(aTarget, context);
  const stored = { ...image, file };
  const transfer = await target.transfer({ way: "exec", options, image: stored, job: "job-7" });
  t.after(() => transfer.close());
  const acknowledged = new Heard<number>();
  const listener = { onAcknowledged: (at: number) => void acknowledged.push(at), onCookie: () => {} };
  return { transfer, folder, log, acknowledged, listener };
}

const unused = (): never => assert.fail("nobody asks the device itself");
const aTarget: FirmwareTarget = {
  ...{ id: "valve", prefix: "dev1", link: "line", online: true },
  plan: aFirmwarePlan({ via: "exec" }),
  ...{ hold: unused, transfer: unused, invoke: unused, read: unused },
};

/** Without what needs the plan. */
test(
  "the program gets its arguments as they are, and all else by its environment, which is its own",
  LIMIT,
  async (t) => {
    const { transfer, folder, listener, acknowledged, log } = await begun(
      t,
      'env > "$DIR/env"; printf "%s\\n" "$@" > "$DIR/args"; cmp "$LWM2M_FIRMWARE_FILE" "$DIR/image" && echo progress 4096; echo log half way; echo what',
    );
    await transfer.send(2048, listener);
    assert.deepEqual(readFileSync(join(folder, "args"), "utf8"), "--unit\n3\na b; exit 9\n");
    const environment = Object.fromEntries(
      readFileSync(join(folder, "env"), "utf8")
        .split("\n")
        .flatMap((line): [string, string][] =>
          line.includes("=") ? [[line.split("=")[0] ?? "", line.replace(/^[^=]*=/, "")]] : [],
        ),
    );
    const { PWD: _pwd, SHLVL: _level, _: _last, OLDPWD: _old, ...own } = environment;
    assert.deepEqual(own, {
      PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
      LANG: "C.UTF-8",
      LWM2M_FIRMWARE_STEP: "send",
      LWM2M_FIRMWARE_FILE: join(folder, "image"),
      LWM2M_FIRMWARE_SIZE: String(SIZE),
      LWM2M_FIRMWARE_SHA256: Buffer.from(image.sha256).toString("hex"),
      LWM2M_FIRMWARE_VERSION: "2.0.0",
      LWM2M_FIRMWARE_NAME: "valve.bin",
      LWM2M_FIRMWARE_DEVICE: "valve",
      LWM2M_FIRMWARE_JOB: "job-7",
      LWM2M_FIRMWARE_OFFSET: "2048",
    });
    assert.deepEqual(acknowledged.all, [4096, SIZE]);
    assert.deepEqual(
      log.all.filter(({ level }) => level === "info").map(({ fields: { said, device } }) => [said, device]),
      [["half way", "valve"]],
    );
  },
);

test("exit codes are conditions, and the last line of standard error is the reason", LIMIT, async (t) => {
  const conditions = { 10: "flash-full", 11: "out-of-memory", 12: "bad-image", 13: "crc", 14: "busy", 15: "failed" };
  for (const [code, condition] of Object.entries(conditions)) {
    const { transfer, listener } = await begun(t, `echo one >&2; echo two >&2; exit ${code}`);
    await assert.rejects(transfer.send(0, listener), (error) => {
      assert.ok(error instanceof FirmwareError);
      assert.equal(error.condition, condition);
      assert.match(error.message, new RegExp(`/flash ended with code ${code}: two$`));
      return true;
    });
  }
  for (const end of ["exit 1", "exit 75", "kill -9 $$"]) {
    const { transfer, listener } = await begun(t, end);
    await assert.rejects(transfer.send(0, listener), (error) => {
      assert.ok(error instanceof DeviceError && !(error instanceof FirmwareError));
      assert.equal(error.kind, "unreachable");
      return true;
    });
  }
});

test("what else it can do it is asked for; what it cannot do is not asked for", LIMIT, async (t) => {
  const script = 'echo "$LWM2M_FIRMWARE_STEP" >> "$DIR/steps"; echo version 1.4.2; echo staged; echo offset 512';
  const able = await begun(t, script, { steps: ["probe", "activate", "abort"] });
  assert.deepEqual(await able.transfer.probe(), { version: "1.4.2", staged: true, offset: 512 });
  await able.transfer.act("activate");
  await assert.rejects(able.transfer.act("confirm"), /has no step "confirm"/);
  await able.transfer.abort();
  assert.equal(readFileSync(join(able.folder, "steps"), "utf8"), "probe\nactivate\nabort\n");
  const plain = await begun(t, script);
  assert.deepEqual(await plain.transfer.probe(), {});
  await plain.transfer.abort();
  assert.ok(!existsSync(join(plain.folder, "steps")));
});

test("given up: the program and what it started are ended", LIMIT, async (t) => {
  // The child of the program holds its output, and knows nothing of signals to its parent.
  const { transfer, listener, acknowledged, folder } = await begun(
    t,
    'sleep 300 & echo $! > "$DIR/child"; echo progress 1; wait',
  );
  const sent = assert.rejects(transfer.send(0, listener), /the update was given up/);
  await acknowledged.find((at) => at === 1);
  await transfer.abort();
  await sent;
  const child = Number(readFileSync(join(folder, "child"), "utf8"));
  await settleUntil("it has ended", () => !runs(child));
});

test("one that does not hear is killed", LIMIT, async (t) => {
  const { transfer, listener, acknowledged } = await begun(
    t,
    "trap '' TERM; echo progress 1; while :; do sleep 1; done",
  );
  const sent = assert.rejects(transfer.send(0, listener), /the transfer was closed/);
  await acknowledged.find((at) => at === 1);
  await transfer.close();
  await sent;
});

test("what it leaves behind does not go on beside the next run", LIMIT, async (t) => {
  const { transfer, listener, folder } = await begun(t, 'sleep 300 & echo $! > "$DIR/child"');
  await transfer.send(0, listener);
  const child = Number(readFileSync(join(folder, "child"), "utf8"));
  // Its output is closed a little before its end.
  await settleUntil("it has ended", () => !runs(child));
});

test("one that says nothing for too long, or takes too long, is ended", LIMIT, async (t) => {
  const silent = await begun(t, "sleep 300", { silence: "100ms" });
  await assert.rejects(silent.transfer.send(0, silent.listener), /was ended: it said nothing for 100ms/);
  const busy = await begun(t, "while :; do echo progress 1; sleep 0.05; done", { timeout: "300ms" });
  await assert.rejects(busy.transfer.send(0, busy.listener), /was ended: it ran for 300ms/);
});

test("a program that is not allowed is not run; one that is not there is a sentence", LIMIT, async (t) => {
  await assert.rejects(
    begun(t, "exit 0", {}, ["/usr/bin/true"]),
    /may not be run: gateway\.firmware\.exec does not list it/,
  );
  const missing = "/usr/lib/no/such/program";
  const { transfer, listener } = await begun(t, "", { command: [missing] }, [missing]);
  await assert.rejects(
    transfer.send(0, listener),
    /^DeviceError: \/usr\/lib\/no\/such\/program cannot be run: .*ENOENT/,
  );
});
