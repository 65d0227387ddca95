import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { formatSpan, type Span, type Table } from "../../../adapters/modbus/pdu.ts";
import { type Block, type Cut, endOf, planReads, splitBlock } from "../../../adapters/modbus/read-plan.ts";

const lines = (blocks: readonly Span[]): string[] => blocks.map(formatSpan);
const at = (address: number, count: number, table: Table = "input"): Span => ({ table, address, count });

/** Small tables, so that a search through all partitions stays quick and points often touch and overlap. */
const spans = fc.array(
  fc.record({
    table: fc.constantFrom<Table>("input", "holding"),
    address: fc.integer({ min: 0, max: 30 }),
    count: fc.integer({ min: 1, max: 4 }),
  }),
  { maxLength: 6 },
);
const limits = fc.record({ max: fc.integer({ min: 4, max: 12 }), gap: fc.integer({ min: 0, max: 5 }) });

test("the fast values of an SDM630 meter are two reads", () => {
  const fast = [0x00, 0x02, 0x04, 0x06, 0x08, 0x0a, 0x0c, 0x0e, 0x10, 0x34].map((address) => at(address, 2));
  assert.deepEqual(lines(planReads(fast, { max: 80, gap: 20 })), ["input[0x0..0x11]", "input[0x34..0x35]"]);
});

test("groups that fall due together are planned together: a gap closes", () => {
  const normal = [0x3e, 0x46].map((address) => at(address, 2));
  const slow = [at(0x48, 2)];
  assert.deepEqual(lines(planReads([...normal, ...slow], { max: 80, gap: 20 })), ["input[0x3E..0x49]"]);
});

test("a block may end with the last address of the table", () => {
  const plan = planReads([at(65_533, 1), at(65_534, 2)], { max: 125, gap: 4 });
  assert.deepEqual(lines(plan), ["input[0xFFFD..0xFFFF]"]);
});

test("bits are counted sixteen to the register, and never more than 2000 at once", () => {
  const coils = Array.from({ length: 2001 }, (_, address) => at(address, 1, "coil"));
  assert.deepEqual(
    planReads(coils, { max: 125, gap: 0 }).map(({ count }) => count),
    [2000, 1],
  );
  assert.deepEqual(
    planReads(coils, { max: 10, gap: 0 })
      .map(({ count }) => count)
      .slice(0, 2),
    [160, 160],
  );
});

test("a cut is never read over, neither as a range nor as a boundary between neighbours", () => {
  const points = [at(0, 2), at(4, 2), at(6, 2)];
  const range: Cut = { table: "input", from: 2, to: 4 };
  const boundary: Cut = { table: "input", from: 6, to: 6 };
  assert.deepEqual(lines(planReads(points, { max: 125, gap: 9 }, [range])), ["input[0x0..0x1]", "input[0x4..0x7]"]);
  assert.deepEqual(lines(planReads(points, { max: 125, gap: 9 }, [boundary])), ["input[0x0..0x5]", "input[0x6..0x7]"]);
  assert.deepEqual(lines(planReads(points, { max: 125, gap: 9 }, [{ ...range, table: "holding" }])), [
    "input[0x0..0x7]",
  ]);
});

test("every point is in exactly one block, whole, and no block breaks a limit", () => {
  fc.assert(
    fc.property(spans, limits, (points, limit) => {
      const blocks = planReads(points, limit);
      assert.deepEqual(sorted(blocks.flatMap((block) => block.points)), sorted(points));
      for (const block of blocks) {
        assert.ok(block.count <= limit.max);
        for (const point of block.points) {
          assert.ok(point.table === block.table && point.address >= block.address && endOf(point) <= endOf(block));
        }
        assert.ok(isAllowed(block.points, limit));
      }
    }),
  );
});

test("the order of the points does not matter", () => {
  fc.assert(
    fc.property(spans, limits, (points, limit) => {
      assert.deepEqual(lines(planReads([...points].reverse(), limit)), lines(planReads(points, limit)));
    }),
  );
});

test("no partition of the points needs fewer reads", () => {
  fc.assert(
    fc.property(spans, limits, (points, limit) => {
      assert.equal(planReads(points, limit).length, fewest(points, limit));
    }),
    { numRuns: 300 },
  );
});

test("a refused block is parted until each point stands alone, and loses none", () => {
  fc.assert(
    fc.property(spans, limits, (points, limit) => {
      const leaves = planReads(points, limit).flatMap(dismantle);
      assert.deepEqual(sorted(leaves.flatMap((block) => block.points)), sorted(points));
      assert.ok(leaves.every((leaf) => leaf.points.length === 1));
    }),
  );
});

test("a refused block is parted at its widest gap first", () => {
  const [block] = planReads([at(0, 2), at(4, 2), at(20, 2), at(22, 2)], { max: 125, gap: 20 });
  assert.deepEqual(lines(splitBlock(block as Block<Span>)), ["input[0x0..0x5]", "input[0x14..0x17]"]);
});

function dismantle(block: Block<Span>): Block<Span>[] {
  return block.points.length === 1 ? [block] : splitBlock(block).flatMap(dismantle);
}

function sorted(points: readonly Span[]): string[] {
  return lines(points).sort();
}

function isAllowed(points: readonly Span[], { max, gap }: { readonly max: number; readonly gap: number }): boolean {
  const ordered = [...points].sort((a, b) => a.address - b.address);
  let end = ordered[0]?.address ?? 0;
  for (const point of ordered) {
    if (point.table !== ordered[0]?.table || point.address - end > gap) return false;
    end = Math.max(end, endOf(point));
  }
  return end - (ordered[0]?.address ?? 0) <= max;
}

/** By brute force: the smallest number of allowed groups. */
function fewest(points: readonly Span[], limit: { readonly max: number; readonly gap: number }): number {
  let best = points.length;
  const place = (index: number, groups: readonly (readonly Span[])[]): void => {
    if (groups.length >= best && index < points.length) return;
    const point = points[index];
    if (point === undefined) {
      if (groups.every((group) => isAllowed(group, limit))) best = Math.min(best, groups.length);
      return;
    }
    for (const chosen of groups.keys())
      place(
        index + 1,
        groups.map((group, i) => (i === chosen ? [...group, point] : group)),
      );
    place(index + 1, [...groups, [point]]);
  };
  place(0, []);
  return best;
}
