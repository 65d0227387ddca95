/** Times from before the clock was right: RFC 8428 §4.5.3, relative to now below 2^28 s. */
import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { HOUR, type Millis, SECOND, type Undated } from "../../../src/clock.ts";
import { decodeTimed } from "../../../src/lwm2m/formats/index.ts";
import { lwm2mJson } from "../../../src/lwm2m/formats/lwm2m-json.ts";
import type { ReportCodec } from "../../../src/lwm2m/formats/report.ts";
import { senmlCbor } from "../../../src/lwm2m/formats/senml-cbor.ts";
import { senmlJson } from "../../../src/lwm2m/formats/senml-json.ts";
import { catalogue } from "../../../src/lwm2m/objects/index.ts";
import { parsePath } from "../../../src/lwm2m/path.ts";
import type { Sample } from "../../../src/lwm2m/sample.ts";

const { typeOf } = catalogue;
const BASE = parsePath("/d01/3303/0/5700");
/** When the machine started, and how long it runs. */
const STARTED = 1_700_000_000_000;
const UPTIME: Millis = 6 * 60 * SECOND;

const CODECS: Readonly<Record<string, ReportCodec>> = {
  "SenML JSON": senmlJson,
  "SenML CBOR": senmlCbor,
  "LwM2M JSON": lwm2mJson,
};

function measured(value: number, time: number): Sample {
  return { path: BASE, value, time };
}

function text(codec: ReportCodec, samples: readonly Sample[], undated: Undated): string {
  return Buffer.from(codec.encode(samples, BASE, typeOf, { times: true, undated })).toString();
}

test("while nobody knows the time, times are relative to now, and what is of now has none", () => {
  const samples = [measured(1, UPTIME - 30 * SECOND), measured(2, UPTIME - 2500), measured(3, UPTIME)];
  assert.equal(
    text(senmlJson, samples, { now: UPTIME }),
    '[{"bn":"/d01/3303/0/5700","t":-30,"v":1},{"t":-2.5,"v":2},{"v":3}]',
  );
  assert.equal(
    text(lwm2mJson, samples, { now: UPTIME }),
    '{"bn":"/d01/3303/0/5700","e":[{"v":1,"t":-30},{"v":2,"t":-2.5},{"v":3}]}',
  );
});

test("once the start of the machine is known, what was measured before has its time", () => {
  const samples = [measured(1, 5000), measured(2, STARTED + 7000)];
  const undated = { started: STARTED };
  assert.equal(text(senmlJson, samples, undated), '[{"bn":"/d01/3303/0/5700","bt":1700000005,"v":1},{"t":2,"v":2}]');
});

test("what has a date keeps it among what has none yet", () => {
  const samples = [measured(1, STARTED - HOUR), measured(2, UPTIME - SECOND), measured(3, STARTED - 2 * HOUR)];
  assert.equal(
    text(senmlJson, samples, { now: UPTIME }),
    '[{"bn":"/d01/3303/0/5700","t":-1,"v":2},{"bt":1699996400,"v":1},{"t":-3600,"v":3}]',
  );
});

test("a Read answer has no times, whatever is known of them", () => {
  const payload = senmlJson.encode([measured(1, 5000)], BASE, typeOf, { undated: { now: UPTIME } });
  assert.equal(Buffer.from(payload).toString(), '[{"bn":"/d01/3303/0/5700","v":1}]');
});

const time = fc.oneof(
  fc.integer({ min: 0, max: UPTIME }),
  fc.integer({ min: STARTED - 24 * HOUR, max: STARTED + UPTIME }),
);

for (const [name, codec] of Object.entries(CODECS)) {
  for (const undated of [{ now: UPTIME }, { started: STARTED }]) {
    test(`${name}: a server that knows the time dates every record, with ${Object.keys(undated)} known`, () => {
      fc.assert(
        fc.property(fc.array(time, { minLength: 1 }), (times) => {
          const payload = codec.encode(
            times.map((each, i) => measured(i, each)),
            BASE,
            typeOf,
            { times: true, undated },
          );
          const now = STARTED + UPTIME;
          const read = decodeTimed(codec.contentFormat, payload, { base: BASE, typeOf, now });
          assert.equal(read.length, times.length);
          for (const { value, time = now } of read) {
            const sent = times[Number(value)] ?? Number.NaN;
            const expected = sent <= UPTIME ? STARTED + sent : sent;
            assert.ok(Math.abs(time - expected) <= 1, `${value}: ${time - expected} ms beside its time`);
          }
        }),
      );
    });
  }
}
