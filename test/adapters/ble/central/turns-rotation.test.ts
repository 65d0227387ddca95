/** More devices want connections than there are. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { MINUTE, SECOND } from "../../../../src/clock.ts";
import { connected, heard, idOf, type PlayedTurns, playedTurns, released } from "../../../support/played-turns.ts";

/** So long these advertise while they are not connected, are connected to at once, and go when they are asked. */
function play(
  { clock, connections, say, news }: PlayedTurns,
  seconds: number,
  ids: readonly number[],
): readonly string[] {
  const words: string[] = [];
  for (let i = 0; i < seconds; i++) {
    say(...ids.filter((id) => !connections.has(id)).map(heard));
    for (let fresh = news(); fresh.length > 0; fresh = news()) {
      for (const word of fresh) {
        if (word.includes("connect")) say(connected(idOf(word)));
        if (word.includes("release")) say(released(idOf(word)));
        if (!word.includes("scan")) words.push(word);
      }
    }
    clock.advanceSync(SECOND);
  }
  return words;
}

test("who has had a connection longest makes room for one that is heard, after half a minute", () => {
  const world = playedTurns({ connections: 1 }, [1, 2, 3]);
  assert.deepEqual(play(world, 95, [1, 2, 3]), [
    ...["0 connect 1", "30 release 1", "30 connect 2"],
    ...["60 release 2", "60 connect 3", "90 release 3", "90 connect 1"],
  ]);
});

test("nobody makes room while there is room", () => {
  const world = playedTurns({ connections: 3 }, [1, 2, 3]);
  assert.deepEqual(play(world, 600, [1, 2, 3]), ["0 connect 1", "1 connect 2", "2 connect 3"]);
});

test("one that nobody hears is made room for only after five minutes", () => {
  const world = playedTurns({ connections: 1 }, [1, 2]);
  assert.deepEqual(play(world, 299, [1]), ["0 connect 1"]);
  assert.deepEqual(play(world, 3, []), ["300 release 1", "300 connect 2"]);
});

test("a write is made room for after two seconds", () => {
  const world = playedTurns({ connections: 1 }, [1]);
  world.say({ type: "join", id: 2, keep: false, known: true });
  play(world, 10, [1]);
  world.say(heard(2), { type: "needs", id: 2, waiting: "read", working: false });
  assert.deepEqual(play(world, 2, [2]), []);
  world.say({ type: "needs", id: 2, waiting: "write", working: false });
  assert.deepEqual(play(world, 1, [2]), ["12 release 1", "12 connect 2"]);
});

test("a connection that is not used now makes room at once", () => {
  const world = playedTurns({ connections: 1 });
  world.say({ type: "join", id: 1, keep: false, known: true }, heard(1));
  world.say({ type: "needs", id: 1, waiting: "read", working: false }, connected(1));
  world.say({ type: "join", id: 2, keep: true, known: true }, heard(2));
  world.clock.advanceSync(1.5 * SECOND);
  world.news();
  world.say({ type: "needs", id: 1, waiting: undefined, working: false });
  assert.deepEqual(world.news(), ["1.5 release 1"]);
});

test("one makes room for one, however long its end takes", () => {
  const { clock, turns, say, news } = playedTurns({ connections: 2 }, [1, 2, 3, 4]);
  say(heard(1), connected(1));
  clock.advanceSync(SECOND);
  say(heard(2), connected(2));
  clock.advanceSync(MINUTE);
  news();
  say(heard(3), heard(4));
  clock.advanceSync(10 * SECOND);
  assert.deepEqual(news(), ["61 release 1"]);
  assert.equal(turns.occupied, 2, "its place is free when it is over");
  say(released(1));
  assert.deepEqual(news().slice(-1), ["71 connect 3"]);
});

test("the controller's own limit is learned, and forgotten after ten minutes", () => {
  const world = playedTurns({}, [1, 2, 3]);
  const { clock, turns, say, news } = world;
  play(world, 2, [1, 2]);
  say(heard(3));
  assert.equal(news().at(-1), "2 connect 3");
  say({ type: "failed", id: 3, full: true });
  assert.deepEqual(news(), ["2 learned 2", "2 scan"]);
  assert.equal(turns.limit, 2);
  // It is not its fault: it has the first place that becomes free.
  assert.deepEqual(play(world, 31, [3]).slice(0, 2), ["30 release 1", "30 connect 3"]);
  play(world, 570, [1, 2, 3]);
  clock.advanceSync(SECOND);
  assert.equal(turns.limit, 4);
  assert.equal(turns.occupied, 3);
});

test("a limit belongs to its adapter: another one, or the same anew, may have more room", () => {
  const world = playedTurns({}, [1, 2]);
  const { turns, say, news } = world;
  play(world, 2, [1]);
  const full = { type: "failed", id: 2, full: true } as const;
  say(heard(2), full);
  assert.deepEqual([turns.limit, news()], [1, ["2 stop-scan", "2 connect 2", "2 learned 1", "2 scan"]]);
  say({ type: "down" }, { type: "up" });
  assert.equal(turns.limit, 4);
});

test("a limit that is met again is no news", () => {
  const world = playedTurns({}, [1, 2]);
  play(world, 1, [1]);
  let learned = 0;
  for (let i = 0; i < 60 * 60; i++) {
    world.say(heard(2));
    for (const word of world.news()) {
      if (word.includes("learned")) learned++;
      if (word.endsWith("connect 2")) world.say({ type: "failed", id: 2, full: true });
      if (word.endsWith("release 1")) world.say(heard(1));
    }
    world.clock.advanceSync(SECOND);
  }
  assert.equal(learned, 1);
});

test("a controller that is full though nothing is connected teaches nothing", () => {
  const { turns, say, news } = playedTurns({}, [1]);
  say(heard(1), { type: "failed", id: 1, full: true });
  assert.equal(turns.limit, 4);
  assert.ok(!news().some((word) => word.includes("learned")));
});
