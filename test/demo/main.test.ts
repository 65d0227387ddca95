import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import test, { type TestContext } from "node:test";
import { locateData } from "../../src/locate.ts";
import { type RunningProcess, run, start } from "../support/process.ts";
import { temporaryDirectory } from "../support/temp.ts";

const DEMO = locateData("demo/main.ts");

/** The demo, quicker than a person could follow, with a folder for temporary files of its own. */
function aDemo(t: TestContext): { readonly demo: RunningProcess; readonly folder: string } {
  const folder = temporaryDirectory(t);
  const { PATH, NODE_COMPILE_CACHE } = process.env;
  const demo = start(t, process.execPath, [DEMO, "--pace", "100"], {
    env: { PATH, NODE_COMPILE_CACHE, TMPDIR: folder },
  });
  return { demo, folder };
}

/** The processes that a process has started, as [pid, what of its command line follows the program]. */
function childrenOf(pid: number | undefined): readonly (readonly [pid: number, args: string])[] {
  const pids = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ");
  return pids.map((child) => {
    const words = readFileSync(`/proc/${child}/cmdline`, "utf8").split("\0");
    const args = words.slice(words.findIndex((word) => word.endsWith("lwm2m-gateway.mjs")) + 1);
    return [Number(child), args.join(" ").trim()];
  });
}

const stillThere = (pids: readonly number[]): readonly number[] => pids.filter((pid) => existsSync(`/proc/${pid}`));

test("npm start shows devices and values, moves the valve and restarts it; Ctrl-C leaves nothing behind", async (t) => {
  const { demo, folder } = aDemo(t);
  await demo.printed(
    /^\d\d:\d\d:\d\d urn:dev:ops:32473-gateway-0001 registered: LwM2M 1\.2, lifetime 300 s, \/rd\/0001$/m,
  );
  await demo.printed(/shows 4 devices: \/meter-1 \/meter-2 \/valve-1 \/climate-1$/m);
  await demo.printed(/^\/meter-1\/10242\/0\/4 +Tension R +2\d\d(\.\d+)? V +\d+ s$/m);
  await demo.printed(/^\/climate-1\/3303\/0\/5700 +Sensor Value +[\d.]+ Cel +\d+ s$/m);
  await demo.printed(/wrote \/valve-1\/3306\/0\/5851 = 75: confirmed by the valve$/m);
  await demo.printed(/^\/valve-1\/3306\/0\/5851 +Dimmer +75 \/100 +0 s$/m);
  await demo.printed(/executed \/valve-1\/3\/0\/4: the valve has restarted$/m);
  const children = childrenOf(demo.child.pid);
  const words = children.map(([, args]) => args.split(" ").slice(0, 2).join(" "));
  assert.deepEqual(words, ["sim --link", "sim --link", "run --config"]);
  demo.child.kill("SIGINT");
  const { code, stdout, stderr } = await demo.outcome;
  assert.deepEqual([code, stderr], [0, ""], stdout);
  const [, afterwards = ""] = stdout.split("ending: SIGINT\n");
  const events = afterwards.split("\n").filter((line) => line !== "" && !line.startsWith("/"));
  assert.deepEqual(
    events.map((line) => line.slice(9)),
    ["urn:dev:ops:32473-gateway-0001 de-registered"],
  );
  assert.deepEqual(stillThere(children.map(([pid]) => pid)), []);
  assert.deepEqual(readdirSync(folder), []);
});

test("a gateway that ends by itself ends the demo, which says where the log is and leaves it there", async (t) => {
  const { demo, folder } = aDemo(t);
  await demo.printed(/shows 4 devices/);
  const children = childrenOf(demo.child.pid);
  const [gateway] = children.find(([, args]) => args.startsWith("run")) ?? [];
  process.kill(gateway ?? 0, "SIGKILL");
  const { code, stdout, stderr } = await demo.outcome;
  assert.equal(code, 1, stdout);
  const [, log = ""] = /^demo: gateway ended by itself \(SIGKILL\); see (.*\/gateway\.log)\n$/.exec(stderr) ?? [];
  assert.match(readFileSync(log, "utf8"), /"msg":"registered"/);
  assert.ok(log.startsWith(join(folder, "lwm2m-gateway-demo-")), stderr);
  assert.deepEqual(stillThere(children.map(([pid]) => pid)), []);
});

test("after kill -9 of the demo its programs end by themselves", async (t) => {
  const { demo } = aDemo(t);
  await demo.printed(/shows 4 devices/);
  const slaves = childrenOf(demo.child.pid).filter(([, args]) => args.startsWith("sim"));
  assert.equal(slaves.length, 2);
  demo.child.kill("SIGKILL");
  const ended = slaves.map(([pid]) => run(t, "tail", ["-s", "0.1", `--pid=${pid}`, "-f", "/dev/null"]));
  await Promise.all(ended);
});

test("Ctrl-C before anything is up leaves nothing behind either", async (t) => {
  const { demo, folder } = aDemo(t);
  await demo.printed(/configuration and logs of this run/);
  demo.child.kill("SIGINT");
  const { code, stdout, stderr } = await demo.outcome;
  assert.deepEqual([code, stderr], [0, ""], stdout);
  assert.deepEqual(readdirSync(folder), []);
});

test("without a reader there is nothing to show: the demo ends in order", async (t) => {
  const { demo, folder } = aDemo(t);
  await demo.printed(/registered: /);
  const children = childrenOf(demo.child.pid);
  demo.child.stdout?.destroy();
  const { code, stderr } = await demo.outcome;
  assert.deepEqual([code, stderr], [0, ""]);
  assert.deepEqual(stillThere(children.map(([pid]) => pid)), []);
  assert.deepEqual(readdirSync(folder), []);
});

test("a wrong word is told how it is started", async (t) => {
  for (const args of [["--pace", "fast"], ["--pace", "0"], ["now"]]) {
    const { code, stderr } = await start(t, process.execPath, [DEMO, ...args]).outcome;
    assert.deepEqual([code, stderr], [2, "usage: node demo/main.ts [--pace MILLISECONDS]\n"], args.join(" "));
  }
});
