import assert from "node:assert/strict";
import { dirname, posix } from "node:path";
import test from "node:test";
import {
  assertNone,
  type Import,
  importsOf,
  isEdge,
  type SourceFile,
  sourceFile,
  sourceFiles,
} from "./support/source-files.ts";

/** What a room may import beside its own files: whole, or its types alone. */
interface Room {
  readonly all?: readonly string[];
  readonly types?: readonly string[];
  /** A shell talks to sockets and files; the rest is bytes and time in, effects out. */
  readonly shell?: true;
}

const FOUNDATION = [
  "machine",
  "clock",
  "deadlines",
  "errors",
  "log",
  "duration",
  "near-miss",
  "table",
  "sparse-map",
  "random-pool",
  "sizes",
  "yaml-text",
  "error-codes",
].map((name) => `src/${name}.ts`);
const ROOMS_OF_SRC = [
  "src/coap",
  "src/dtls",
  "src/lwm2m",
  "src/yaml",
  "src/mapping",
  "src/config",
  "src/store",
  "src/devices",
  "src/servers",
  "src/firmware",
  "src/admin",
  "src/archive",
  "src/service",
];
const EVERYTHING = [
  ...[...FOUNDATION, "src/adapter.ts", "src/heap.ts", "src/locate.ts", "src/node-http.ts"],
  ...ROOMS_OF_SRC,
];

/** The table of src/README.md: one line a room. A file of a room is also found by the longest name that it begins with. */
const ROOMS: Readonly<Record<string, Room>> = {
  "src/machine.ts": { all: ["src/clock.ts"] },
  "src/clock.ts": {},
  "src/deadlines.ts": { all: ["src/clock.ts"] },
  "src/errors.ts": { all: ["src/error-codes.ts"] },
  "src/log.ts": { types: ["src/error-codes.ts"] },
  "src/duration.ts": { all: ["src/clock.ts", "src/errors.ts"] },
  "src/near-miss.ts": {},
  "src/table.ts": {},
  "src/sparse-map.ts": {},
  "src/random-pool.ts": { all: ["src/clock.ts"] },
  "src/sizes.ts": {},
  "src/heap.ts": { shell: true },
  "src/locate.ts": { shell: true },
  "src/node-http.ts": { shell: true },
  "src/typed-options.ts": {
    all: ["src/clock.ts", "src/duration.ts", "src/errors.ts"],
    types: ["src/adapter-tools.ts"],
  },
  "src/yaml-text.ts": {},
  "src/error-codes.ts": {},
  "src/adapter.ts": {
    all: [...FOUNDATION, "src/typed-options.ts"],
    types: ["src/adapter-tools.ts", "src/adapter-firmware.ts"],
  },
  "src/adapter-tools.ts": { types: ["src/adapter.ts"] },
  "src/adapter-firmware.ts": { types: ["src/adapter.ts"] },
  "src/coap": { all: FOUNDATION },
  "src/dtls": { all: FOUNDATION },
  // Finds the addon, a file.
  "src/dtls/load.ts": { all: [...FOUNDATION, "src/dtls", "src/locate.ts"], shell: true },
  // The package's thread, its end here, and what the package takes for a socket.
  "src/dtls/node-dtls-client/client.ts": { all: [...FOUNDATION, "src/dtls", "src/locate.ts"], shell: true },
  "src/dtls/node-dtls-client/thread.ts": { all: [...FOUNDATION, "src/dtls"], shell: true },
  "src/dtls/node-dtls-client/stand-in-socket.ts": { shell: true },
  "src/lwm2m": { all: [...FOUNDATION, "src/coap"] },
  "src/yaml": { all: FOUNDATION, types: ["src/adapter.ts"] },
  "src/mapping": { all: [...FOUNDATION, "src/lwm2m", "src/yaml"], types: ["src/adapter.ts"] },
  "src/config": {
    all: [...FOUNDATION, "src/dtls", "src/yaml", "src/mapping", "src/lwm2m"],
    types: ["src/adapter.ts"],
    shell: true,
  },
  // Of lwm2m the store needs the grammar of prefixes, and the shape of samples.
  "src/store": { all: [...FOUNDATION, "src/heap.ts", "src/locate.ts", "src/lwm2m"], shell: true },
  "src/devices": {
    all: [...FOUNDATION, "src/adapter.ts", "src/lwm2m", "src/mapping"],
    types: ["src/store"],
    shell: true,
  },
  "src/servers": { all: [...FOUNDATION, "src/coap", "src/dtls", "src/lwm2m"], types: ["src/store"], shell: true },
  "src/firmware": {
    all: [...FOUNDATION, "src/adapter.ts", "src/node-http.ts", "src/coap", "src/lwm2m", "src/mapping"],
    types: ["src/store"],
    shell: true,
  },
  "src/admin": {
    all: [...FOUNDATION, "src/adapter.ts", "src/lwm2m", "src/locate.ts", "src/node-http.ts"],
    types: ["src/mapping", "src/store", "src/devices", "src/servers", "src/firmware"],
    shell: true,
  },
  "src/archive": { all: FOUNDATION, shell: true },
  "src/service": { all: [...FOUNDATION, "src/locate.ts"], shell: true },
  "src/gateway": { all: [...EVERYTHING, "adapters"], shell: true },
  "src/cli": { all: [...EVERYTHING, "src/gateway", "adapters"], shell: true },
  "src/main.ts": { all: [...EVERYTHING, "src/gateway", "src/cli", "adapters"], shell: true },
  adapters: { all: ["src/adapter.ts"], shell: true },
  demo: { all: ["src/coap", "src/lwm2m", "src/machine.ts", "src/clock.ts", "src/errors.ts"], shell: true },
};

/** What several adapters have in common, and what of it each may import. */
const COMMON_TO_ADAPTERS: Readonly<Record<string, readonly string[]>> = {
  wires: [],
  spoken: ["wires"],
  transfers: ["wires"],
};

/** Packages that one place alone knows, so that it can be exchanged there. */
const HOMES: Readonly<Record<string, readonly string[]>> = {
  "@stoprocent/noble": ["adapters/ble/radio/child"],
  "dbus-next": ["adapters/ble/radio/child/bluez"],
  "better-sqlite3": ["src/store"],
  "cbor-x": ["src/lwm2m", "adapters/transfers/smp"],
  "fast-xml-parser": ["src/lwm2m"],
  fflate: ["src/archive"],
  "node-dtls-client": ["src/dtls/node-dtls-client"],
  pino: ["src/cli"],
  "prom-client": ["src/admin/metrics"],
  serialport: ["adapters/wires"],
  mqtt: ["adapters/mqtt"],
  re2js: ["adapters/spoken/stream/pattern"],
  yaml: ["src/yaml"],
};

/** Modules of Node that only compute. What crypto gives by chance falls under the rule above. */
const PURE_MODULES = ["node:buffer", "node:crypto", "node:util"];

const sources = sourceFiles("src", "adapters", "demo");

test("every file imports only what its room may import", () => {
  assertNone(sources.flatMap(importFaults));
});

test("the import rules see a forbidden import, a type and a package", () => {
  const file = sourceFile(
    "src/servers/x.ts",
    `import type { Store } from "../store/store.ts";
     import { type A, openStore } from "../store/store.ts";
     // import { Device } from "../devices/device.ts";
     export { Device } from "../devices/device.ts";
     import Database from "better-sqlite3";`,
  );
  assert.deepEqual(
    importFaults(file).map((fault) => fault.slice(0, "src/servers/x.ts:2".length)),
    ["src/servers/x.ts:2", "src/servers/x.ts:4", "src/servers/x.ts:5"],
  );
});

test("what adapters have in common knows none of them", () => {
  const faulty = (path: string, specifier: string): boolean =>
    importFaults(sourceFile(path, `import { x } from "${specifier}";`)).length > 0;
  assert.ok(!faulty("adapters/serial/x.ts", "../spoken/stream/x.ts"));
  assert.ok(!faulty("adapters/serial/x.ts", "../wires/x.ts"));
  assert.ok(!faulty("adapters/spoken/stream/x.ts", "../../wires/x.ts"));
  assert.ok(faulty("adapters/serial/x.ts", "../mqtt/x.ts"));
  assert.ok(faulty("adapters/spoken/x.ts", "../serial/x.ts"));
  assert.ok(faulty("adapters/wires/x.ts", "../spoken/x.ts"));
});

test("protocol code has no sockets, files or threads", () => {
  assertNone(
    sources
      .filter(({ path }) => roomOf(path).room.shell === undefined && !isEdge(path))
      .flatMap((file) =>
        importsOf(file)
          .filter(({ specifier, typesOnly }) => isImpure(specifier) && !typesOnly)
          .map(
            ({ specifier, line }) =>
              `${file.path}:${line} imports ${specifier}: only shells may; hand in what it gives as an argument or an event`,
          ),
      ),
  );
});

function importFaults(file: SourceFile): string[] {
  return importsOf(file).flatMap((found) => {
    const fault = found.specifier.startsWith(".") ? localFault(file, found) : packageFault(file, found);
    return fault === undefined ? [] : [`${file.path}:${found.line} imports ${found.specifier}: ${fault}`];
  });
}

function localFault(file: SourceFile, { specifier, typesOnly }: Import): string | undefined {
  const target = posix.join(dirname(file.path), specifier);
  const { name, room } = roomOf(file.path);
  if (target.startsWith("adapters/") && file.path.startsWith("adapters/")) return adapterFault(file.path, target);
  const allowed = [name, ...(room.all ?? []), ...(typesOnly ? (room.types ?? []) : [])];
  if (allowed.some((place) => lies(target, place))) return undefined;
  if (room.types?.some((place) => lies(target, place))) {
    return `${name} may know its types only: write "import type", and take the rest as an argument`;
  }
  const list = [...(room.all ?? []), ...(room.types ?? []).map((place) => `the types of ${place}`)];
  return `${name} may import its own files${list.map((place) => `, ${place}`).join("")}; join the two in src/gateway instead`;
}

/** Adapters do not know each other; the registry knows them all, and what they have in common knows none of them. */
function adapterFault(path: string, target: string): string | undefined {
  const [own = "", other = ""] = [path, target].map((text) => text.split("/")[1]);
  if (own === other || own === "index.ts") return undefined;
  const below = COMMON_TO_ADAPTERS[own] ?? Object.keys(COMMON_TO_ADAPTERS);
  if (below.includes(other)) return undefined;
  return `an adapter may import its own folder, adapters/spoken, adapters/transfers, adapters/wires and src/adapter.ts alone; what two share belongs into one of these`;
}

function packageFault(file: SourceFile, { specifier }: Import): string | undefined {
  const homes = HOMES[/^@[^/]+\/[^/]+|^[^/]+/.exec(specifier)?.[0] ?? ""];
  if (homes === undefined || homes.some((home) => lies(file.path, home))) return undefined;
  return `only ${homes.join(", ")} knows that package`;
}

function roomOf(path: string): { readonly name: string; readonly room: Room } {
  const [name, room] =
    Object.entries(ROOMS)
      .sort(([a], [b]) => b.length - a.length)
      .find(([place]) => lies(path, place)) ?? [];
  assert.ok(name !== undefined && room !== undefined, `${path} lies in no room: give its folder a line in ROOMS`);
  return { name, room };
}

function isImpure(specifier: string): boolean {
  return specifier.startsWith("node:") && !PURE_MODULES.includes(specifier);
}

function lies(path: string, place: string): boolean {
  return path === place || path.startsWith(`${place}/`);
}
