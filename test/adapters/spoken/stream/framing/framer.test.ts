import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { z } from "zod";
import { CHECKSUMS } from "../../../../../adapters/spoken/stream/framing/checksums.ts";
import { frameSchema } from "../../../../../adapters/spoken/stream/framing/frame-settings.ts";
import { Framer } from "../../../../../adapters/spoken/stream/framing/framer.ts";
import { open, seal } from "../../../../../adapters/spoken/stream/framing/seal.ts";
import { TIMEOUT } from "../../../../../src/machine.ts";

const bytes = (text: string): Uint8Array => Buffer.from(text, "latin1");
const text = (found: Uint8Array): string => Buffer.from(found).toString("latin1");

/** What it finds in these chunks, which come 10 ms apart; "…" is a silence of two seconds. */
function found(frame: unknown, ...chunks: readonly (string | Uint8Array)[]): string[] {
  return play(frame, chunks).bodies;
}

function play(frame: unknown, chunks: readonly (string | Uint8Array)[]) {
  const framer = new Framer(frameSchema.parse(frame));
  const bodies: string[] = [];
  let now = 0;
  framer.handle({ type: "opened" }, now);
  framer.handle({ type: "asked" }, now);
  for (const chunk of chunks) {
    now += chunk === "…" ? 2000 : 10;
    const frames =
      chunk === "…"
        ? framer.handle(TIMEOUT, now)
        : framer.handle({ type: "bytes", bytes: typeof chunk === "string" ? bytes(chunk) : chunk }, now);
    bodies.push(...frames.map(({ body }) => text(body)));
  }
  return { bodies, junk: framer.junk, framer };
}

const LINES = { end: "\r\n" };
const NMEA = { start: "$", end: "\r\n", checksum: "nmea" };

test("lines are found wherever they are torn apart, several in one piece too", () => {
  assert.deepEqual(found(LINES, "S S  1", "00.0 g\r", "\nS D", "  99.0 g\r\nES\r\n"), [
    "S S  100.0 g",
    "S D  99.0 g",
    "ES",
  ]);
  assert.deepEqual(found(LINES, "\r\n\r\na\r\n"), ["a"]);
});

test("a line that began before anybody listened is not taken for a whole one", () => {
  const framer = new Framer(frameSchema.parse(LINES));
  framer.handle({ type: "opened" }, 0);
  const frames = framer.handle({ type: "bytes", bytes: bytes("00.5 g\r\n100.5 g\r\n") }, 10);
  assert.deepEqual(
    frames.map(({ body }) => text(body)),
    ["100.5 g"],
  );
  const quiet = new Framer(frameSchema.parse(LINES));
  quiet.handle({ type: "opened" }, 0);
  quiet.handle(TIMEOUT, 1000);
  assert.equal(quiet.handle({ type: "bytes", bytes: bytes("first\r\n") }, 1010).length, 1);
});

test("the rest of a line that stops in the middle is not awaited", () => {
  const { bodies, junk } = play(LINES, ["12.", "…", "34.5\r\n"]);
  assert.deepEqual(bodies, ["34.5"]);
  assert.equal(junk.unfinished, 1);
});

test("frames between marks are found among noise", () => {
  assert.deepEqual(found({ start: "\x02", end: "\x03" }, "xx\x02abc\x03\xff\xfe\x02de", "f\x03\x03\x02g\x03"), [
    "abc",
    "def",
    "g",
  ]);
});

test("an NMEA sentence with the wrong checksum is left out, and what follows is found", () => {
  // https://gpsd.gitlab.io/gpsd/NMEA.html
  const good = "$GPGGA,123519,4807.038,N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,*47\r\n";
  const body = "GPGGA,123519,4807.038,N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,";
  const { bodies, junk } = play(NMEA, [good, good.replace("545", "546"), `$WIMWV,21${good}`, good.toLowerCase(), good]);
  assert.deepEqual(bodies, [body, body, body]);
  assert.equal(junk.damaged, 3);
});

test("frames of one size are found again after a byte was lost, by their start or by a silence", () => {
  const sealed = (value: string): Uint8Array =>
    seal(bytes(value), frameSchema.parse({ start: "\xaa", size: 6, checksum: "crc16-modbus" }));
  const frame = { start: "\xaa", size: 6, checksum: "crc16-modbus" };
  assert.deepEqual(found(frame, sealed("abc"), sealed("def").slice(0, 4), sealed("ghi"), sealed("jkl")), [
    "abc",
    "ghi",
    "jkl",
  ]);
  assert.deepEqual(found({ size: 3, idle: "50ms" }, "abc", "de", "…", "fgh"), ["abc", "fgh"]);
});

test("a frame that says how long it is may hold anything, its start mark as well", () => {
  const frame = { start: "\x68", length: { at: 1, plus: 3 }, checksum: "sum", end: undefined };
  const made = seal(Uint8Array.of(3, 0x68, 0x16, 0x68), frameSchema.parse(frame));
  assert.deepEqual(found(frame, "\x68\x00\x01", made, made), ["\x03\x68\x16\x68", "\x03\x68\x16\x68"]);
  assert.deepEqual(found({ start: "\x01", length: { at: 1, as: "u16le", plus: 3 } }, "\x01\x02\x00ab\x01\x01\x00c"), [
    "\x02\x00ab",
    "\x01\x00c",
  ]);
});

test("a silence ends a frame where nothing else does", () => {
  assert.deepEqual(found({ idle: "20ms", max: 8 }, "ab", "c", "…", "d", "…", "far too long to be one", "…", "e", "…"), [
    "abc",
    "d",
    "e",
  ]);
});

test("a checksum behind the end mark covers the mark", () => {
  const frame = { start: "\x02", end: "\x03", checksum: { kind: "xor", from: "body", behind_end: true } };
  // 41 ^ 42 ^ 03 = 00, which nothing but the checksum tells from noise.
  assert.deepEqual(found(frame, "\x02AB\x03", "\x00\x02AB\x03\x01\x02AC\x03\x01"), ["AB", "AC"]);
});

const checksums = fc.oneof(
  fc.constant(undefined),
  fc.constantFrom(...CHECKSUMS),
  fc.record({
    kind: fc.constantFrom(...CHECKSUMS),
    as: fc.constantFrom("binary", "hex"),
    order: fc.constantFrom("high", "low"),
    from: fc.constantFrom("start", "body"),
  }),
);
const frames = fc
  .tuple(
    fc.constantFrom<object>(
      { start: "$", end: "\r\n" },
      { end: "\r\n" },
      { start: "\x02", end: "\x03" },
      { start: "\x10\x02", size: 12 },
      { start: "\x68", length: { at: 1, plus: 4 } },
      { idle: "20ms" },
      { size: 5, idle: "50ms" },
    ),
    checksums,
  )
  .map(([frame, checksum]) => ({ ...frame, max: 64, ...(checksum === undefined ? {} : { checksum }) }));

test("what is sealed opens again, and a changed byte is noticed", () => {
  const bodies = fc.uint8Array({ maxLength: 20 });
  fc.assert(
    fc.property(frames, bodies, fc.nat(), (frame, body, nth) => {
      const settings = frameSchema.parse(frame);
      const sealed = seal(body, settings);
      assert.deepEqual(Buffer.from(open(sealed, settings)?.body ?? "none"), Buffer.from(body));
      const { checksum } = settings;
      if (checksum === undefined || body.length === 0) return;
      const at = settings.start.length + (nth % body.length);
      const changed = sealed.map((byte, i) => (i === at ? byte ^ 0x10 : byte));
      assert.equal(open(changed, settings), undefined);
    }),
  );
});

test("whatever comes in whatever pieces, nothing is thrown, and no more is kept than the longest frame", () => {
  const alphabet = fc.constantFrom(0x24, 0x02, 0x03, 0x0d, 0x0a, 0x10, 0x68, 0x01, 0x00, 0xff, 0x41, 0x2a);
  const pieces = fc.array(
    fc.oneof(
      fc.array(alphabet, { maxLength: 200 }).map((list) => Uint8Array.from(list)),
      fc.constant("…" as const),
    ),
    { maxLength: 30 },
  );
  fc.assert(
    fc.property(frames, pieces, (frame, chunks) => {
      const { bodies, junk } = play(frame, chunks);
      const came = chunks.reduce((sum, chunk) => sum + (chunk === "…" ? 0 : chunk.length), 0);
      const taken = bodies.reduce((sum, body) => sum + body.length, 0);
      assert.ok(bodies.every((body) => body.length <= 64));
      assert.ok(taken + junk.bytes <= came, `${taken} + ${junk.bytes} of ${came}`);
    }),
    { numRuns: 300 },
  );
});

test("after any junk and a silence the next good frame is found", () => {
  fc.assert(
    fc.property(frames, fc.uint8Array({ maxLength: 300 }), (frame, noise) => {
      const settings = frameSchema.parse(frame);
      const body = bodyFor(frame);
      const sealed = seal(body, settings);
      if (settings.end.kind === "size" && sealed.length !== settings.end.size) return;
      const { bodies } = play(frame, [noise, "…", sealed, "…"]);
      assert.equal(bodies.at(-1), text(body));
    }),
    { numRuns: 300 },
  );
});

/** The first byte of a frame that says how long it is says that. */
function bodyFor(frame: object): Uint8Array {
  if (!("length" in frame)) return bytes("abc");
  const settings = frameSchema.parse(frame);
  const length = seal(bytes("xabc"), settings).length;
  return Uint8Array.from([length - 4, ...bytes("abc")]);
}

test("a flood of what looks like a beginning costs no more than other junk", () => {
  for (const frame of [
    NMEA,
    { start: "\x02", size: 4096, max: 8192, checksum: "crc16-modbus" },
    { end: "\n", max: 8192 },
  ]) {
    const mark = "start" in frame ? frame.start : "x";
    assert.deepEqual(found(frame, mark.repeat(500_000)), []);
  }
});

test("what is wrong with a frame is said at its key", () => {
  const wrong = (frame: unknown): string => {
    try {
      return `nothing: ${JSON.stringify(frameSchema.parse(frame))}`;
    } catch (error) {
      assert.ok(error instanceof z.ZodError);
      const [issue] = error.issues;
      return `${issue?.path.join(".")}: ${issue?.message}`;
    }
  };
  assert.match(wrong({ end: "\n", size: 4 }), /^size: a frame ends in one way: end or size/);
  assert.match(wrong({ start: "$" }), /^: expected how a frame ends/);
  assert.match(wrong({ size: 4 }), /^: nothing says where a frame begins/);
  assert.match(wrong({ idle: "5ms", checksum: { kind: "xor", behind_end: true } }), /^checksum: behind_end/);
  assert.match(wrong({ end: "€" }), /^end: expected characters that are one byte each/);
  assert.match(wrong({ end: "\n", checksum: "crc32" }), /^checksum: /);
});
