import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { RegistrationSequence, type Sequenced } from "../../src/lwm2m/registration-sequence.ts";

const server = (shortServerId: number, priority: number, failureBlock = false): Sequenced => ({
  shortServerId,
  priority,
  failureBlock,
});

/** The servers that may be registered at now. */
function free(sequence: RegistrationSequence, ...ids: readonly number[]): number[] {
  return ids.filter((id) => sequence.turnOf(id).type === "now");
}

test("one after the other, the lowest priority first; equals in the order of the list", () => {
  const sequence = new RegistrationSequence([server(1, 20), server(2, 10), server(3, 10)]);
  assert.deepEqual(free(sequence, 1, 2, 3), [2]);
  assert.deepEqual(sequence.turnOf(1), { type: "wait", reason: "server 2 has its turn first (priority)" });
  sequence.registered(2);
  assert.deepEqual(free(sequence, 1, 2, 3), [2, 3]);
  sequence.registered(3);
  assert.deepEqual(free(sequence, 1, 2, 3), [1, 2, 3]);
});

test("a server without a priority waits for nobody", () => {
  assert.deepEqual(new RegistrationSequence([server(1, 0), server(2, 1)]).turnOf(7), { type: "now" });
});

test("one that fails lets the next go, unless it blocks: then its registration does", () => {
  const sequence = new RegistrationSequence([server(1, 1), server(2, 2, true), server(3, 3)]);
  sequence.failed(1);
  assert.deepEqual(free(sequence, 2, 3), [2]);
  sequence.failed(2);
  const reason = "server 2 is not registered, and the others wait (failure_block)";
  assert.deepEqual(sequence.turnOf(3), { type: "wait", reason });
  sequence.registered(2);
  assert.deepEqual(free(sequence, 3), [3]);
});

test("what becomes of a registration later holds nobody up", () => {
  const sequence = new RegistrationSequence([server(1, 1, true), server(2, 2)]);
  sequence.registered(1);
  sequence.failed(1);
  assert.deepEqual(free(sequence, 2), [2]);
});

test("whatever happens: once every server is registered all may be, and no turn is ever taken back", () => {
  const servers = fc
    .uniqueArray(fc.nat(9), { maxLength: 6 })
    .chain((ids) =>
      fc.tuple(
        fc.constant(ids),
        fc.array(fc.tuple(fc.nat(3), fc.boolean()), { minLength: ids.length, maxLength: ids.length }),
        fc.array(fc.tuple(fc.nat(9), fc.boolean()), { maxLength: 20 }),
      ),
    );
  fc.assert(
    fc.property(servers, ([ids, places, happened]) => {
      const sequence = new RegistrationSequence(
        ids.map((id, i) => server(id, places[i]?.[0] ?? 0, places[i]?.[1] ?? false)),
      );
      let before = free(sequence, ...ids);
      assert.ok(ids.length === 0 || before.length > 0, "somebody begins");
      for (const [id, success] of happened) {
        if (success) sequence.registered(id);
        else sequence.failed(id);
        const now = free(sequence, ...ids);
        assert.deepEqual(
          before.filter((each) => !now.includes(each)),
          [],
        );
        before = now;
      }
      for (const id of ids) sequence.registered(id);
      assert.deepEqual(free(sequence, ...ids), ids);
    }),
  );
});
