import assert from "node:assert/strict";
import test from "node:test";
import type { Client } from "../../demo/client.ts";
import { type Screen, View } from "../../demo/view.ts";
import { type Path, parsePath } from "../../src/lwm2m/path.ts";
import type { Value } from "../../src/lwm2m/sample.ts";
import { FakeClock } from "../support/fake-clock.ts";

/** A screen that keeps what was written; as a terminal it has a size. */
function aScreen(size?: { readonly rows: number; readonly columns: number }) {
  const written: string[] = [];
  const terminal = size === undefined ? {} : { isTTY: true, ...size };
  const screen: Screen = { ...terminal, write: (text) => written.push(text) };
  return { screen, written, text: () => written.join("") };
}

function aClientWith(clock: FakeClock, tree: Readonly<Record<string, Value>>): Client {
  const received = Object.entries(tree).map(([path, value]): [Path, { value: Value; time: number }] => [
    parsePath(path),
    { value, time: clock.wall() },
  ]);
  return {
    endpoint: "gateway",
    peer: "127.0.0.1:1",
    location: "0001",
    version: "1.2",
    lifetime: 300,
    heard: 0,
    links: [],
    devices: new Map(),
    values: new Map(received),
    observed: new Map(),
  };
}

const FRAME = "\u001b[H\u001b[2J";

test("without a terminal, the heading, events and values are lines", async () => {
  const clock = new FakeClock();
  const { screen, text } = aScreen();
  const view = new View(screen, ["the demo"], clock);
  const client = aClientWith(clock, { "/room/3303/0/5701": "Cel" });
  view.event("gateway registered");
  const time = clock.wall() - 3000;
  view.values(client, [
    { path: parsePath("/25/0/1"), value: "room" },
    { path: parsePath("/room/3303/0/5700"), value: 21.123456789, time },
    { path: parsePath("/room/3/0/0"), value: "A\u001b[2J" },
    { path: parsePath("/m/10242/0/4"), value: 230 },
    { path: parsePath("/m/3/0/11/0"), value: 6 },
    { path: parsePath("/m/5/0/0"), value: Uint8Array.of(1, 2, 3) },
    { path: parsePath("/m/65000/0/9"), value: { object: 3, instance: 1 } },
  ]);
  view.draw([client]);
  view.close();
  const [heading, event, ...rows] = text().trimEnd().split("\n");
  assert.equal(heading, "the demo");
  assert.match(event ?? "", /^\d\d:\d\d:\d\d gateway registered$/);
  assert.deepEqual(
    rows.map((line) => line.split(/ {2,}/).join(" | ")),
    [
      "/room/3303/0/5700 | Sensor Value | 21.1235 Cel | 3 s",
      "/room/3/0/0 | Manufacturer | A?[2J | 0 s",
      "/m/10242/0/4 | Tension R | 230 V | 0 s",
      "/m/3/0/11/0 | Error Code [0] | 6 | 0 s",
      "/m/5/0/0 | Package | 3 bytes | 0 s",
      "/m/65000/0/9 | resource 9 | 3:1 | 0 s",
    ],
  );
});

test("in a terminal the whole tree is drawn anew, cut to the window, with the last events below it", () => {
  const clock = new FakeClock();
  const { screen, written } = aScreen({ rows: 20, columns: 30 });
  const view = new View(screen, ["the demo, which has a rather long heading"], clock);
  for (let i = 1; i <= 6; i++) view.event(`event ${i}`);
  const client = aClientWith(clock, { "/25/0/1": "room", "/room/3303/0/5700": 21 });
  view.values(client, [{ path: parsePath("/room/3303/0/5700"), value: 21 }]);
  assert.deepEqual(written, []);
  view.draw([client]);
  assert.equal(written.length, 1);
  const lines = (written[0] ?? "").replace(FRAME, "").split("\n");
  assert.ok(lines.every((line) => line.length <= 30));
  assert.deepEqual(
    lines.slice(0, 5).map((line) => line.trimEnd()),
    [
      "the demo, which has a rather l",
      "",
      "gateway  LwM2M 1.2  devices: 0",
      "PATH                       NAM",
      "/room/3303/0/5700          Sen",
    ],
  );
  assert.deepEqual(
    lines.slice(-4).map((line) => line.slice(9)),
    ["event 3", "event 4", "event 5", "event 6"],
  );
});

test("a window that is too low shows one page after the other", async () => {
  const clock = new FakeClock();
  const { screen, written } = aScreen({ rows: 11, columns: 120 });
  const view = new View(screen, ["the demo"], clock);
  const tree = Object.fromEntries(Array.from({ length: 9 }, (_, i) => [`/room/3303/${i}/5700`, i]));
  const client = aClientWith(clock, tree);
  const seen = new Set<string>();
  for (let page = 0; page < 3; page++) {
    view.draw([client]);
    const lines = (written.at(-1) ?? "").replace(FRAME, "").split("\n");
    assert.ok(lines.length <= 11, String(lines.length));
    assert.match(lines.join("\n"), new RegExp(`page ${page + 1} of 3; a taller window shows all`));
    for (const line of lines) seen.add(line.split(" ")[0] ?? "");
    await clock.advance(4000);
  }
  for (const path of Object.keys(tree)) assert.ok(seen.has(path), path);
});

test("after its end a view says nothing more", () => {
  for (const size of [undefined, { rows: 20, columns: 80 }]) {
    const { screen, written } = aScreen(size);
    const clock = new FakeClock();
    const view = new View(screen, ["the demo"], clock);
    view.close();
    view.close();
    const before = written.length;
    view.event("late");
    view.values(aClientWith(clock, {}), [{ path: parsePath("/room/3303/0/5700"), value: 1 }]);
    view.draw([aClientWith(clock, {})]);
    assert.equal(written.length, before);
  }
});
