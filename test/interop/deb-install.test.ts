/** The package for Debian on a Debian that has nothing but what each has. */
import assert from "node:assert/strict";
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { type TestContext, test } from "node:test";
import { parse } from "coap-packet";
import type { Lifetime } from "../support/process.ts";
import { builtPackage, OWN } from "./deb/built-package.ts";
import { aDebian, type DebianFolder } from "./deb/debian-folder.ts";
import { startService } from "./deb/service.ts";

const CONFIG = "/etc/lwm2m-gateway/config.yaml";
const EXAMPLE = "/usr/share/doc/lwm2m-gateway/examples/config.example.yaml";
const USER = "lwm2m-gateway";

test("dpkg alone installs it, without a network or a compiler; its service says that it is ready, and registers", async (t) => {
  const debian = await aDebian(t);
  const file = debian && (await builtPackage(t, { processor: OWN, version: "1.0.0" }));
  if (debian === undefined || file === undefined) return;
  const told = await installed(debian, file);
  assert.match(told, /has no configuration yet: \/etc\/lwm2m-gateway\/config\.yaml/);
  assert.match(await debian.did("lwm2m-gateway", "--version"), /^lwm2m-gateway \d/);
  await debian.did("lwm2m-gateway", "check", "--config", EXAMPLE);
  assert.match(await debian.did("lwm2m-gateway", "explain", "LG701"), /LG701/);
  assert.match(await debian.did("id", USER), /\(lwm2m-gateway\).*\(dialout\)/);
  // As deb-systemd-helper enables it: it starts with the machine, once there is a configuration.
  await debian.did("test", "-L", "/etc/systemd/system/multi-user.target.wants/lwm2m-gateway.service");

  const server = await aServer(t);
  await debian.write(CONFIG, configFor(server));
  await debian.did("lwm2m-gateway", "check", "--config", CONFIG);
  const registers = await registered(t, debian, server);
  assert.deepEqual(registers, ["0.02", "rd", "ep=installed"]);
});

test("an upgrade keeps configuration and state, so does a removal; a purge leaves nothing", async (t) => {
  const debian = await aDebian(t);
  const first = debian && (await builtPackage(t, { processor: OWN, version: "1.0.0" }));
  const second = first && (await builtPackage(t, { processor: OWN, version: "1.0.1" }));
  if (debian === undefined || first === undefined || second === undefined) return;
  const before = await debian.paths();
  await installed(debian, first);
  const server = await aServer(t);
  await debian.write(CONFIG, configFor(server));
  await debian.write("/etc/lwm2m-gateway/keys/psk", "a key");
  await debian.write("/etc/lwm2m-gateway/devices.d/cellar.yaml", "devices: []");
  await debian.write("/etc/lwm2m-gateway/mappings/notes.txt", "none of ours yet");
  await debian.did("chmod", "2770", "/etc/lwm2m-gateway/devices.d");
  await registered(t, debian, server);
  const kept = ["/etc/lwm2m-gateway", "/var/lib/lwm2m-gateway"];
  const belongings = await contents(debian, kept);
  assert.match(belongings, /gateway\.db/);

  await installed(debian, second);
  assert.match(await debian.did("dpkg", "-s", "lwm2m-gateway"), /^Version: 1\.0\.1$/m);
  assert.equal(await contents(debian, kept), belongings, "an upgrade");
  await installed(debian, second);
  assert.equal(await contents(debian, kept), belongings, "the same again");

  await debian.did("dpkg", "--remove", "lwm2m-gateway");
  assert.equal(await contents(debian, kept), belongings, "a removal");
  await debian.did("dpkg", "--purge", "lwm2m-gateway");
  assert.deepEqual(await debian.paths(), before);
  assert.equal((await debian.run(["getent", "passwd", USER])).code, 2, "its user is gone");
  assert.equal((await debian.run(["getent", "group", USER])).code, 2, "its group is gone");
});

/** Resolves to what it said. */
async function installed(debian: DebianFolder, file: string): Promise<string> {
  await debian.take(file, "/root/package.deb");
  return debian.did("dpkg", "--install", "/root/package.deb");
}

/** Every file with its sum, every folder with its mode. */
async function contents(debian: DebianFolder, folders: readonly string[]): Promise<string> {
  const script = 'find "$@" -type f -exec sha256sum {} + | sort -k2; find "$@" -printf "%p %u %g %m\\n" | sort';
  return debian.did("sh", "-c", script, "sh", ...folders);
}

async function aServer(t: Lifetime): Promise<Socket> {
  const server = createSocket("udp4").bind(0, "127.0.0.1");
  t.after(() => server.close());
  await once(server, "listening");
  return server;
}

function configFor(server: Socket): string {
  return `gateway: { endpoint: installed }
servers: [ { id: 1, uri: "coap://127.0.0.1:${server.address().port}" } ]
`;
}

/** Runs the service as its unit has it until it said that it is ready; resolves to what a server heard of it. */
async function registered(t: TestContext, debian: DebianFolder, server: Socket): Promise<readonly string[]> {
  const heard = once(server, "message");
  const service = await startService(t, debian);
  assert.ok(service !== undefined, "python3 is needed to play the service manager");
  const [datagram] = await heard;
  assert.ok(Buffer.isBuffer(datagram), String(datagram));
  service.process.child.kill("SIGKILL");
  await service.process.outcome;
  const { code, options } = parse(datagram);
  const texts = options.filter(({ name }) => String(name).startsWith("Uri-")).map(({ value }) => value.toString());
  return [code, ...texts.filter((text) => /^(?:rd|ep=.*)$/.test(text))];
}
