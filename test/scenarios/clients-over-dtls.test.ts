/** Layout `clients` over DTLS: each device has an association of its own, with a key that is its alone. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { SECOND } from "../../src/clock.ts";
import type { AGateway } from "../support/a-gateway.ts";
import { POINT } from "../support/climate-mapping.ts";
import { dtlsAddon, PSK } from "../support/dtls.ts";
import { GATEWAY, ROOM_1, ROOM_2, rooms } from "../support/rooms.ts";

const KEYS: Readonly<Record<string, Buffer>> = {
  "gw-room-1": Buffer.alloc(16, 1),
  "gw-room-2": Buffer.alloc(16, 2),
};

/** A server that knows these keys, and no others. */
const SETUP = {
  scheme: "coaps",
  servers: [
    'layout: clients, clients: { psk: { identity: "gw-{id}", key: !secret "psk-{id}" } }, psk: { identity: gateway-1, key: !secret psk }',
  ],
  prepare: (world: AGateway): void => {
    const hex = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString("hex");
    const secrets = { psk: PSK.pskKey, "psk-room-1": KEYS["gw-room-1"], "psk-room-2": KEYS["gw-room-2"] };
    world.writeFile(
      "secrets.yaml",
      Object.entries(secrets)
        .map(([name, key]) => `${name}: "${hex(key)}"\n`)
        .join(""),
      0o600,
    );
    for (const unit of [1, 2]) world.bus.unit(unit).set(POINT.temperature, 20 + unit);
    world.endsOf(101).onOpen = (server, opening) => {
      const credentials = opening?.security.credentials;
      const identity = credentials?.mode === "psk" ? credentials.identity : "";
      server.dtls.settings = {
        ...server.dtls.settings,
        pskIdentity: identity,
        pskKey: KEYS[identity] ?? Buffer.alloc(16),
      };
    };
  },
  run: 10 * SECOND,
} as const;

test("each device shakes hands with its own key, registers, and is read and observed", async (t) => {
  if (dtlsAddon(t) === undefined) return;
  const world = await rooms(t, SETUP);
  assert.deepEqual(world.endsOf(101).endpoints.toSorted(), [ROOM_1, ROOM_2, GATEWAY].toSorted());
  assert.equal((await world.client(ROOM_1).read("/3303/0/5700")).text, "21");
  assert.equal((await world.client(ROOM_2).read("/3303/0/5700")).text, "22");
  await world.client(ROOM_2).observe("/3303/0/5700", { pmin: 0 });
  world.bus.unit(2).set(POINT.temperature, 28);
  await world.clock.advance(15 * SECOND);
  assert.deepEqual(world.client(ROOM_2).received("/3303/0/5700"), [28]);
  const said = JSON.stringify([world.lines, world.gateway.status()]);
  for (const identity of Object.keys(KEYS)) assert.equal(said.includes(identity), false, identity);
});

test("a key that is another now takes another association; the other device keeps its own", async (t) => {
  if (dtlsAddon(t) === undefined) return;
  const world = await rooms(t, SETUP);
  const other = world.client(ROOM_2).registrations.heard.length;
  world.editConfig((text) =>
    text.replace(
      "device_id: urn:dev:os:32473-1 }",
      "device_id: urn:dev:os:32473-1, psk: { identity: gw-room-2b, key: !secret psk } }",
    ),
  );
  const before = world.client(ROOM_1);
  assert.ok(await world.reload());
  await world.clock.advance(20 * SECOND);
  assert.equal(before.registrations.heard.at(-1)?.type, "deregister");
  assert.equal(world.client(ROOM_2).registrations.heard.length, other);
});
