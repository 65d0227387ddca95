/** From the package to the first value at Leshan, in six commands, as docs/getting-started.md has them. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { type TestContext, test } from "node:test";
import { locateData } from "../../src/locate.ts";
import { start } from "../support/process.ts";
import { builtPackage, OWN } from "./deb/built-package.ts";
import { aDebian, type DebianFolder } from "./deb/debian-folder.ts";
import { startService } from "./deb/service.ts";
import { findLeshan } from "./leshan/installation.ts";
import { LeshanServer } from "./leshan/leshan-server.ts";

const PAGE = readFileSync(locateData("docs/getting-started.md"), "utf8");
const ENDPOINT = "urn:dev:ops:32473-first-value";
/** A voltage: what the device calls it, and where a server finds it that knows no prefixes. */
const [VALUE, SHOWN] = ["/meter-1/10242/0/4", "/10242/0/4"];

test("from the package to the first value at Leshan in six commands", { timeout: 300_000 }, async (t) => {
  const java = await findLeshan(t);
  const debian = java && (await aDebian(t));
  const file = debian && (await builtPackage(t, { processor: OWN, version: "1.0.0" }));
  if (java === undefined || debian === undefined || file === undefined) return;
  const leshan = await LeshanServer.start(t, java, ENDPOINT);
  const meter = await aMeter(t);
  await debian.take(file, "/root/lwm2m-gateway.deb");

  const commands = commandsOf(PAGE).map((command) =>
    command
      .replace(/lwm2m-gateway_\S+\.deb/, "/root/lwm2m-gateway.deb")
      .replace("coap://leshan.example:5683", `coap://127.0.0.1:${leshan.coapPort}`)
      .replace("192.0.2.40:502", meter),
  );
  assert.equal(commands.length, 6);
  const said: string[] = [];
  for (const command of commands) said.push(await did(t, debian, command));
  assert.match(said.at(-1) ?? "", new RegExp(`^${VALUE} .* \\d+\\.?\\d* V`, "m"));

  const [client = ""] = await leshan.clients();
  const { [SHOWN]: volts } = await leshan.of(client).values(SHOWN, "SENML_JSON");
  assert.match(String(volts), /^\d+\.?\d*$/);
});

/** The block of commands between the two marks. */
function commandsOf(page: string): readonly string[] {
  const [, block = ""] = /<!-- six commands -->\n```\n([\s\S]*?)```/.exec(page) ?? [];
  return block
    .replace(/\\\n\s*/g, "")
    .trim()
    .split("\n")
    .map((line) => line.replace(/^# /, ""));
}

/** There is no service manager in the folder; what `systemctl start` says to one is done by the test. */
async function did(t: TestContext, debian: DebianFolder, command: string): Promise<string> {
  if (command !== "systemctl start lwm2m-gateway") return debian.did("sh", "-c", command);
  const service = await startService(t, debian);
  assert.ok(service !== undefined, "python3 is needed to play the service manager");
  await service.process.printed(/"msg":"registered"/);
  return "";
}

/** A meter that is played; resolves to its host and port. */
async function aMeter(t: TestContext): Promise<string> {
  const args = ["sim", "eastron-sdm630", "--unit", "1", "--port", "0"];
  const meter = start(t, process.execPath, [locateData("src/main.ts"), ...args]);
  const [, place = ""] = await meter.printed(/ on (127\.0\.0\.1:\d+)/);
  return place;
}
