/** packaging/container/Containerfile, as far as it can be judged without an engine that builds it. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { locateData } from "../../src/locate.ts";

interface Instruction {
  readonly name: string;
  readonly rest: string;
}

const INSTRUCTIONS = instructionsOf(readFileSync(locateData("packaging/container/Containerfile"), "utf8"));
const SYSUSERS = readFileSync(locateData("packaging/deb/sysusers.conf"), "utf8");
const UNIT = readFileSync(locateData("systemd/lwm2m-gateway.service"), "utf8");

test("it begins with a small Debian of the release that the package is for, and installs the package without a network", () => {
  assert.deepEqual(INSTRUCTIONS[0], { name: "FROM", rest: "docker.io/library/debian:bookworm-slim" });
  const [copied = ""] = named("COPY");
  assert.equal(copied, "lwm2m-gateway_*_$" + "{TARGETARCH}.deb /tmp/");
  const [installed = ""] = named("RUN");
  assert.match(installed, /^dpkg --install \/tmp\/lwm2m-gateway_\*_\$\{TARGETARCH\}\.deb && rm /);
  assert.doesNotMatch(installed, /apt|curl|wget|npm/);
  assert.ok(place("ARG") < place("COPY"), "TARGETARCH is known before it is used");
});

test("it runs the program itself, which gets the signals, as the user that the package makes", () => {
  assert.deepEqual(jsonOf("ENTRYPOINT"), ["/usr/bin/lwm2m-gateway"]);
  assert.deepEqual(jsonOf("CMD"), ["run", "--config", "/etc/lwm2m-gateway/config.yaml"]);
  const [, user] = /^u (\S+) /m.exec(SYSUSERS) ?? [];
  assert.deepEqual(named("USER"), [user]);
  assert.ok(place("RUN") < place("USER"), "what is installed is root's");
  assert.deepEqual(named("STOPSIGNAL"), ["SIGTERM"]);
});

test("its state is a volume that this user may write to, and its health is what status says", () => {
  const environment = new Map(variablesOf(named("ENV").join(" ")));
  const [volume] = jsonOf("VOLUME");
  assert.equal(volume, environment.get("STATE_DIRECTORY"));
  const [installed = ""] = named("RUN");
  const [, folders = ""] = /install -d -m 700 -o lwm2m-gateway -g lwm2m-gateway (.*)$/.exec(installed) ?? [];
  assert.equal(folders, volume);
  const [health = ""] = named("HEALTHCHECK");
  const command: unknown = JSON.parse(/CMD (\[.*\])$/.exec(health)?.[1] ?? "null");
  assert.deepEqual(command, ["lwm2m-gateway", "status", "--socket", `${String(volume)}/admin.sock`]);
});

test("its settings of the C library are those of the unit", () => {
  const settings = (text: string): readonly string[] =>
    [...text.matchAll(/MALLOC_\w+=\d+/g)].map(([one]) => one).sort();
  assert.deepEqual(settings(named("ENV").join(" ")), settings(UNIT));
});

/** Lines that end with a backslash go on in the next; comments are none. */
function instructionsOf(text: string): readonly Instruction[] {
  const lines = text
    .replace(/^#.*\n/gm, "")
    .replace(/\\\n\s*/g, "")
    .split("\n");
  return lines
    .filter((line) => line !== "")
    .map((line) => {
      const [, name = "", rest = ""] = /^([A-Z]+) +(.*)$/.exec(line) ?? [];
      assert.notEqual(name, "", `no instruction: ${line}`);
      return { name, rest };
    });
}

function named(name: string): readonly string[] {
  return INSTRUCTIONS.filter((instruction) => instruction.name === name).map(({ rest }) => rest);
}

function place(name: string): number {
  return INSTRUCTIONS.findIndex((instruction) => instruction.name === name);
}

function jsonOf(name: string): readonly unknown[] {
  const found: unknown = JSON.parse(named(name)[0] ?? "null");
  assert.ok(Array.isArray(found), `${name} is not in the form that starts no shell`);
  return found;
}

function variablesOf(text: string): readonly (readonly [string, string])[] {
  return [...text.matchAll(/(\w+)=(\S+)/g)].map(([, name = "", value = ""]) => [name, value]);
}
