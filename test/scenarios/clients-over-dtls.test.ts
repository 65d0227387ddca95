/** Layout `clients` over DTLS: each device has an association of its own, with a key that is its alone. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { SECOND } from "../../src/clock.ts";
import type { AGateway } from "../support/a-gateway.ts";
import { POINT } from "../support/climate-mapping.ts";
import { dtlsAddon, PSK } from "../support/dtls.ts";
import { GATEWAY, ROOM_1, ROOM_2, rooms } from "../support/rooms.ts";
import { CERTIFICATES, RAW_PUBLIC_KEYS, roomsOverDtls, writeHolder } from "../support/rooms-over-dtls.ts";

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

const PAIRS = { "raw public keys": RAW_PUBLIC_KEYS, certificates: CERTIFICATES };

const clientOf = ({ gateway }: AGateway, device: string) =>
  gateway.status().servers[0]?.clients?.find((client) => client.device === device) ?? assert.fail(device);

for (const [name, pairs] of Object.entries(PAIRS)) {
  test(`${name}: each device shakes hands with its own, registers, is read, and tells what it measures`, async (t) => {
    const made = await roomsOverDtls(t, pairs);
    if (made === undefined) return;
    const { world, pki } = made;
    assert.deepEqual(world.endsOf(101).endpoints.toSorted(), [ROOM_1, ROOM_2, GATEWAY].toSorted());
    for (const [device, endpoint] of [
      ["room-1", ROOM_1],
      ["room-2", ROOM_2],
    ] as const) {
      const holder = pki.others.get(device) ?? assert.fail(device);
      assert.deepEqual(Buffer.from(pairs.letIn(world.client(endpoint)) ?? []), Buffer.from(pairs.known(holder)));
      const { security } = clientOf(world, device);
      assert.deepEqual([security?.mode, security?.resumed], [pairs.mode, false]);
    }
    assert.equal((await world.client(ROOM_1).read("/3303/0/5700")).text, "21");
    assert.equal((await world.client(ROOM_2).read("/3303/0/5700")).text, "22");
    await world.client(ROOM_2).observe("/3303/0/5700", { pmin: 0 });
    world.bus.unit(2).set(POINT.temperature, 28);
    await world.clock.advance(15 * SECOND);
    assert.deepEqual(world.client(ROOM_2).received("/3303/0/5700"), [28]);
    assert.deepEqual(world.client(ROOM_1).received("/3303/0/5700"), []);
  });

  test(`${name}: one that the server does not know is refused, and told; the others are there, and with the right one so is it`, async (t) => {
    const made = await roomsOverDtls(t, pairs, ({ stranger }) => ({ "room-2": stranger }));
    if (made === undefined) return;
    const { world, pki } = made;
    assert.deepEqual(world.endsOf(101).endpoints.toSorted(), [ROOM_1, GATEWAY].toSorted());
    const { state, reason } = clientOf(world, "room-2");
    assert.equal(state, "retrying");
    assert.match(reason, /the server does not take our certificate or public key \(alert 42\)$/);
    const before = world.client(ROOM_1).registrations.heard.length;
    writeHolder(world, "room-2", pki.others.get("room-2") ?? assert.fail());
    assert.ok(await world.reload());
    await world.clock.advance(20 * SECOND);
    assert.equal(clientOf(world, "room-2").state, "registered");
    assert.equal((await world.client(ROOM_2).read("/3303/0/5700")).text, "22");
    assert.equal(world.client(ROOM_1).registrations.heard.length, before);
  });

  test(`${name}: one that another device has is told at its place, and that device is no client`, async (t) => {
    const made = await roomsOverDtls(t, pairs, ({ others }) => ({ "room-2": others.get("room-1") ?? assert.fail() }));
    if (made === undefined) return;
    const { world } = made;
    const problem =
      /config\.yaml:3:\d+: error: device room-2 at server 101: \w+: device room-1 has the same one; expected one/;
    assert.ok(world.lines.some(({ message }) => problem.test(message)));
    const { state, reason } = clientOf(world, "room-2");
    assert.deepEqual([state, reason], ["refused", `it has no ${pairs.mode} that is right`]);
    assert.deepEqual(world.endsOf(101).endpoints.toSorted(), [ROOM_1, GATEWAY].toSorted());
  });
}

test("a certificate of another key than the device's is told at its place; the device goes on once they fit", async (t) => {
  const made = await roomsOverDtls(t, CERTIFICATES, ({ stranger, others }) => {
    const { certificateFile } = stranger;
    return { "room-2": { ...(others.get("room-2") ?? assert.fail()), certificateFile } };
  });
  if (made === undefined) return;
  const { world, pki } = made;
  const problem = /config\.yaml:3:\d+: error: device room-2 at server 101: certificates: /;
  assert.ok(world.lines.some(({ message }) => problem.test(message)));
  assert.equal(clientOf(world, "room-2").state, "refused");
  writeHolder(world, "room-2", pki.others.get("room-2") ?? assert.fail());
  assert.ok(await world.reload());
  await world.clock.advance(20 * SECOND);
  assert.equal(clientOf(world, "room-2").state, "registered");
});

test("what is wrong with the server's certificate is told once, not for each device", async (t) => {
  const made = await roomsOverDtls(t, CERTIFICATES);
  if (made === undefined) return;
  const told = made.world.lines.filter(({ message }) => message.includes("the certificate of CN=ca ends"));
  assert.equal(told.length, 1);
});
