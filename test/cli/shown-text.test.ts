import assert from "node:assert/strict";
import test from "node:test";
import { shownLines, shownNowLines } from "../../src/cli/shown-text.ts";
import { parsePattern } from "../../src/lwm2m/path-pattern.ts";
import { SHOWING_SERVER, type ShowingServer, shownRooms } from "../support/shown.ts";

const withAccess = (access: Partial<ShowingServer["access"]>): Partial<ShowingServer> => ({
  access: { ...SHOWING_SERVER.access, ...access },
});

const CLIENTS = new Map([
  [
    101,
    new Map([
      ["room-0", { endpoint: "urn:a" }],
      ["room-1", { refused: "clients.max is 1" }],
    ]),
  ],
]);

test("a server that sees each device under its prefix: a paragraph for check, a few lines for status", () => {
  assert.deepEqual(shownLines([shownRooms(2)]), [
    "What each server sees:",
    "server 101 (coap://h): layout gateway, 1 registration",
    "   2 devices, each under its prefix: /room-0, /room-1",
    "   may write and execute everything there",
    "   SENT AT ONCE                        BYTES  DEVICES IN 8192 BYTES",
    "   the list of objects, with Register  103    about 821",
    "   object 25 as a whole, in TLV        166    about 98",
  ]);
  assert.deepEqual(shownNowLines(shownRooms(2)), [
    "layout gateway, 1 registration: 2 devices, each under its prefix: /room-0, /room-1",
    "may write and execute everything there",
    "of the 8192 bytes that Leshan takes: Register 103 (room for about 821 devices), /25 166 (room for about 98 devices)",
  ]);
});

test("what access hides is named, and what may be written", () => {
  const limit = { writes: 10, per: 60_000 };
  const writable = [parsePattern("/room-*/3303"), parsePattern("/3/0/4")];
  const listed = shownRooms(3, withAccess({ devices: ["room-0"], write: "listed", writable, limit }));
  const lines = [
    "may write and execute /room-*/3303, /3/0/4, and nothing else, 10 times in 1m on each device",
    "hidden by access: room-1, room-2",
  ];
  assert.deepEqual(shownNowLines(listed).slice(1, 3), lines);
  assert.deepEqual(
    shownLines([listed]).slice(3, 5),
    lines.map((line) => `   ${line}`),
  );
  const none = shownRooms(1, withAccess({ write: "none" }));
  assert.equal(shownNowLines(none)[1], "may write and execute nothing");
});

test("in layout clients the endpoints are named, and what is no client", () => {
  const shown = shownRooms(2, { layout: "clients" }, CLIENTS);
  assert.equal(
    shownNowLines(shown)[0],
    "layout clients, 2 registrations: 2 devices, clients of their own: urn:a; no clients: room-1",
  );
  assert.match(shownNowLines(shown).at(-1) ?? "", /, Register of a device \d+, \/25 /);
  assert.match(
    shownLines([shown]).join("\n"),
    /layout clients, 2 registrations\n {3}2 devices, clients of their own: urn:a; no clients: room-1\n/,
  );
});

test("in layout instances it is told how much is shown, and what is not and why", () => {
  const shown = shownRooms(2, { layout: "instances" });
  assert.match(
    shownLines([shown]).join("\n"),
    /\n {3}2 devices as 2 instances of the gateway's own objects: room-0, room-1\n/,
  );
  assert.match(
    shownLines([shown]).join("\n"),
    /\n {3}not shown in this layout, but in gateway and clients:\n {6}\/3 Device: one instance by its definition \(2 devices\)\n/,
  );
  assert.equal(
    shownNowLines(shown)[2],
    "not shown in this layout: /3 Device: one instance by its definition (2 devices)",
  );
});

test("of layout auto it is told how it is shown, and where that has changed, why", () => {
  const shown = shownRooms(1, { layout: "auto" });
  assert.match(shownLines([shown])[1] ?? "", /: layout auto, at first instances, 1 registration$/);
  assert.match(shownNowLines(shown)[0] ?? "", /^layout auto, now instances, 1 registration: 1 device as 1 instance /);
  assert.match(
    shownNowLines({ ...shown, shownAs: "gateway" }, "it asked for /room-0")[0] ?? "",
    /^layout auto, now gateway \(it asked for \/room-0\), 1 registration: /,
  );
});

test("what a server on Californium would not take is a warning, with what helps", () => {
  for (const text of [shownLines([shownRooms(1000)]).join("\n"), shownNowLines(shownRooms(1000)).join("\n")]) {
    assert.match(
      text,
      /^ *warning: \d+ bytes: .* takes 8192 .*refuses the Register by 4\.13\. Raise its limit, give it a profile_id/m,
    );
    assert.match(text, /^ *warning: \d+ bytes: .* can read object 25 by instances only$/m);
  }
  const known = shownLines([shownRooms(1000, { profileIds: ["oma:x"] })]).join("\n");
  assert.match(known, /refuses the first Register, before it has taken the profile_id, by 4\.13/);
  assert.doesNotMatch(shownLines([shownRooms(50)]).join("\n"), /warning/);
});

test("without devices there is nothing to find, and without servers nothing to say", () => {
  assert.match(shownLines([shownRooms(0)]).join("\n"), /\n {3}no devices\n/);
  assert.match(shownNowLines(shownRooms(0))[0] ?? "", /^layout gateway, 1 registration: no devices$/);
  assert.deepEqual(shownLines([]), []);
});
