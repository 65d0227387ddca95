/** The package for the other processor, installed beside the libraries of that one, its programs run by QEMU. */
import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { test } from "node:test";
import { hasTool } from "../support/foreign-tool.ts";
import { debianVersion, tellPeer } from "../support/peer.ts";
import { builtPackage, OTHER } from "./deb/built-package.ts";
import { aDebian } from "./deb/debian-folder.ts";

const HOME = "/usr/lib/lwm2m-gateway";
const MAIN = `${HOME}/dist/src/main.js`;
const EXAMPLE = "/usr/share/doc/lwm2m-gateway/examples/config.example.yaml";

/** Every addon, as whoever needs it loads it. */
const LOADED = `
import { createRequire } from "node:module";
import { loadDtls } from "${HOME}/dist/src/dtls/load.js";
import { loadAddon } from "${HOME}/dist/src/service/native.js";
const require = createRequire("${HOME}/package.json");
const Database = require("better-sqlite3");
const { autoDetect } = require("@serialport/bindings-cpp");
const Hci = require("@stoprocent/bluetooth-hci-socket");
console.log(process.arch, new Database(":memory:").prepare("SELECT 6 * 7 AS n").get().n);
console.log(typeof autoDetect().open, typeof Hci.loadDriver("native"));
console.log(loadDtls().native.version, Object.keys(loadAddon())[0]);
`;

test("the package for the other processor installs, and runs there with its addons", {
  timeout: 300_000,
}, async (t) => {
  tellPeer(t, "QEMU, user mode", debianVersion("qemu-user-static"));
  if (!hasTool(t, OTHER.qemu, "apt-get install -y qemu-user-static")) return;
  const debian = await aDebian(t);
  const file = debian && (await builtPackage(t, { processor: OTHER, version: "1.0.0" }));
  if (debian === undefined || file === undefined) return;
  await debian.take(file, "/root/package.deb");
  await debian.did("dpkg", "--install", "/root/package.deb");
  await debian.take(`/usr/bin/${OTHER.qemu}`, "/root/qemu");
  const node = ["/root/qemu", `${HOME}/bin/node`];

  assert.match(await debian.did(...node, MAIN, "--version"), /^lwm2m-gateway \d/);
  const loaded = await debian.did(...node, "--input-type=module", "-e", LOADED);
  assert.match(loaded, new RegExp(`^${OTHER.node} 42\\nfunction function\\nOpenSSL 3.* native\\n$`));
  await debian.did(...node, MAIN, "check", "--config", EXAMPLE);

  const server = createSocket("udp4").bind(0, "127.0.0.1");
  t.after(() => server.close());
  await once(server, "listening");
  const uri = `coap://127.0.0.1:${server.address().port}`;
  await debian.write(
    "/root/config.yaml",
    `gateway: { endpoint: foreign, state: ./state }\nservers: [{ id: 1, uri: "${uri}" }]\n`,
  );
  const gateway = debian.start([...node, MAIN, "run", "--config", "/root/config.yaml"]);
  const ended = gateway.outcome.then(({ stdout, stderr }) => [`it ended:\n${stdout}\n${stderr}`]);
  const [datagram] = await Promise.race([once(server, "message"), ended]);
  assert.ok(Buffer.isBuffer(datagram) && datagram.includes("ep=foreign"), String(datagram));
  gateway.child.kill("SIGKILL");
  await ended;
});
