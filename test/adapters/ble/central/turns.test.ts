import assert from "node:assert/strict";
import { test } from "node:test";
import { MINUTE, SECOND } from "../../../../src/clock.ts";
import { connected, failed, heard, idOf, lost, playedTurns, released } from "../../../support/played-turns.ts";

const HEARING = { type: "hearing", wanted: true } as const;

test("a device that is heard is connected to at once, and nobody listens meanwhile", () => {
  const { say, news } = playedTurns({}, [1]);
  say(heard(1));
  assert.deepEqual(news(), ["0 scan", "0 stop-scan", "0 connect 1"]);
  say(connected(1));
  assert.deepEqual(news(), [], "nobody wants to hear anything any more");
  say(HEARING);
  assert.deepEqual(news(), ["0 scan"]);
});

test("each attempt owes advertisements as much time as it took", () => {
  const { clock, say, news } = playedTurns({}, [1, 2]);
  say(HEARING, heard(1), heard(2));
  clock.advanceSync(6 * SECOND);
  say(failed(1), heard(2));
  news();
  clock.advanceSync(MINUTE);
  assert.deepEqual(news(), ["12 stop-scan", "12 connect 2"]);
});

test("an attempt that was quick owes a second all the same", () => {
  const { clock, say, news } = playedTurns({}, [1, 2]);
  say(HEARING, heard(1), heard(2), connected(1));
  assert.deepEqual(news(), ["0 scan", "0 stop-scan", "0 connect 1", "0 scan"]);
  clock.advanceSync(2 * SECOND);
  assert.deepEqual(news(), ["1 stop-scan", "1 connect 2"]);
});

test("a device that nobody heard is tried after ten seconds, and owes three times what that took", () => {
  const { clock, say, news } = playedTurns({}, [1, 2]);
  clock.advanceSync(16 * SECOND);
  assert.deepEqual(news(), ["0 scan", "10 stop-scan", "10 connect 1"]);
  say(failed(1));
  clock.advanceSync(MINUTE);
  assert.deepEqual(news(), ["16 scan", "34 stop-scan", "34 connect 2"]);
});

test("where nobody listens, devices are tried at once, and nothing is owed", () => {
  const { clock, say, news } = playedTurns({ scan: false }, [1, 2]);
  clock.advanceSync(10 * SECOND);
  say(failed(1));
  assert.deepEqual(news(), ["0 connect 1", "10 connect 2"]);
});

test("absent devices do not keep those from their turns that are there", () => {
  const { clock, turns, say, news } = playedTurns({}, [1, 2, 3, 4, 5]);
  const waits: number[] = [];
  for (let since = 0; clock.monotonic() < 60 * MINUTE; ) {
    // 1 to 4 answer nobody; 5 is there, advertises once a second, and is lost soon after each connect.
    if (turns.isScanning) say(heard(5));
    const attempt = news().find((word) => word.includes("connect"));
    const isFive = attempt?.endsWith("connect 5") === true;
    if (isFive) {
      waits.push(clock.monotonic() - since);
      say(connected(5));
    }
    clock.advanceSync(attempt === undefined ? SECOND : 10 * SECOND);
    if (isFive) {
      say(lost(5));
      since = clock.monotonic();
    } else if (attempt !== undefined) say(failed(idOf(attempt)));
  }
  // One attempt of another, and what that owes.
  assert.ok(Math.max(...waits) <= 41 * SECOND, `it waited for ${Math.max(...waits)} ms`);
  assert.ok(waits.length > 60, `it had ${waits.length} turns`);
});

test("devices that are heard and refuse let one that nobody hears have the fourth turn", () => {
  const { clock, say, news } = playedTurns({}, [1, 2, 3, 4, 5]);
  const order: number[] = [];
  clock.advanceSync(10 * SECOND - 1);
  while (order.length < 4) {
    say(heard(1), heard(2), heard(3), heard(4));
    const attempt = news().find((word) => word.includes("connect"));
    if (attempt !== undefined) {
      order.push(idOf(attempt));
      say(failed(idOf(attempt)));
    }
    clock.advanceSync(SECOND);
  }
  assert.deepEqual(order, [1, 2, 3, 5]);
});

test("the pause after a failure doubles, to a minute where the device is heard and to five where it is not", () => {
  for (const [advertises, longest] of [
    [true, 60],
    [false, 300],
  ] as const) {
    const { clock, say, news } = playedTurns({ scan: advertises }, [1]);
    const times: number[] = [];
    for (let i = 0; i < 3600; i++) {
      if (advertises) say(heard(1));
      const attempt = news().find((word) => word.includes("connect 1"));
      if (attempt !== undefined) {
        times.push(Number.parseInt(attempt, 10));
        say(failed(1));
      }
      clock.advanceSync(SECOND);
    }
    const pauses = times.map((time, i) => time - (times[i - 1] ?? 0)).slice(1);
    assert.deepEqual(pauses.slice(0, 6), [1, 2, 4, 8, 16, 32]);
    assert.ok(
      pauses.slice(9).every((pause) => pause === longest),
      pauses.join(),
    );
  }
});

test("a device that is heard again after a long silence is connected to at once, whatever failed before", () => {
  const { clock, say, news } = playedTurns({}, [1]);
  const failsFor = (seconds: number, advertises: boolean): void => {
    for (let i = 0; i < seconds; i++) {
      if (advertises) say(heard(1));
      if (news().some((word) => word.includes("connect"))) say(failed(1));
      clock.advanceSync(SECOND);
    }
  };
  failsFor(300, true);
  // Now a minute passes between two attempts; and it is silent for longer than that.
  failsFor(100, false);
  const before = clock.monotonic();
  while (!news().some((word) => word.includes("connect"))) clock.advanceSync(SECOND);
  say(failed(1));
  clock.advanceSync(5 * SECOND);
  assert.ok(clock.monotonic() > before);
  news();
  say(heard(1));
  assert.equal(news().at(-1), `${clock.monotonic() / 1000} connect 1`);
});

test("a connection that did not serve anybody counts as a failure", () => {
  const { clock, say, news } = playedTurns({ scan: false }, [1]);
  const times: number[] = [];
  for (let i = 0; i < 40; i++) {
    const attempt = news().find((word) => word.includes("connect"));
    if (attempt !== undefined) {
      times.push(i);
      say(connected(1), { type: "ended", id: 1, lost: true, served: false });
    }
    clock.advanceSync(SECOND);
  }
  assert.deepEqual(times, [0, 1, 3, 7, 15, 31]);
});

test("a connection that was lost is made anew a second later, one that we ended at once", () => {
  for (const [end, second] of [
    [lost(1), 61],
    [released(1), 60],
  ] as const) {
    const { clock, say, news } = playedTurns({ scan: false }, [1]);
    say(connected(1));
    clock.advanceSync(MINUTE);
    news();
    say(end);
    clock.advanceSync(MINUTE);
    assert.deepEqual(news(), [`${second} connect 1`]);
  }
});

test("writes go before reads that began to wait earlier, and do not wait for what is owed to advertisements", () => {
  const { clock, say, news } = playedTurns({}, [1]);
  for (const id of [2, 3]) say({ type: "join", id, keep: false, known: true });
  say(heard(1), heard(2), heard(3));
  say({ type: "needs", id: 2, waiting: "read", working: false });
  clock.advanceSync(9 * SECOND);
  say({ type: "needs", id: 3, waiting: "write", working: false });
  news();
  say(failed(1));
  assert.deepEqual(news(), ["9 connect 3"]);
  say(connected(3));
  clock.advanceSync(MINUTE);
  assert.equal(
    news().find((word) => word.includes("connect")),
    "19 connect 2",
    "which waits for it",
  );
});

test("a device that polls is connected to when it is needed, and let go two seconds after the last use", () => {
  const { clock, say, news } = playedTurns();
  const needs = (waiting: "read" | undefined, working: boolean): void =>
    say({ type: "needs", id: 1, waiting, working });
  say({ type: "join", id: 1, keep: false, known: true }, heard(1));
  assert.deepEqual(news(), []);
  needs("read", false);
  say(heard(1), connected(1));
  assert.deepEqual(news(), ["0 connect 1"]);
  needs(undefined, true);
  clock.advanceSync(5 * SECOND);
  needs(undefined, false);
  clock.advanceSync(SECOND);
  needs(undefined, true);
  needs(undefined, false);
  assert.deepEqual(news(), []);
  clock.advanceSync(MINUTE);
  assert.deepEqual(news(), ["8 release 1"]);
});

test("listening that does not begin is tried again, ever more rarely", () => {
  const { clock, say, news } = playedTurns();
  const scans: string[] = [];
  say(HEARING);
  for (let i = 0; i < 200; i++) {
    const words = news();
    scans.push(...words);
    if (words.length > 0) say({ type: "deaf" });
    clock.advanceSync(SECOND);
  }
  assert.deepEqual(
    scans,
    [0, 1, 3, 7, 15, 31, 63, 123, 183].map((second) => `${second} scan`),
  );
});

test("devices do not wait for advertisements that nobody can hear", () => {
  const { clock, say, news } = playedTurns({}, [1]);
  say({ type: "deaf" });
  clock.advanceSync(SECOND);
  say({ type: "deaf" });
  assert.deepEqual(news(), ["0 scan", "1 scan", "1 connect 1"]);
});

test("an adapter that vanishes has no connections; when it is back, everything begins anew", () => {
  const { clock, turns, say, news } = playedTurns({}, [1, 2]);
  say(heard(1), connected(1));
  assert.equal(turns.occupied, 1);
  news();
  say({ type: "down" }, heard(2));
  clock.advanceSync(MINUTE);
  assert.deepEqual([turns.occupied, news()], [0, []]);
  say({ type: "up" }, heard(1));
  assert.deepEqual(news(), ["60 scan", "60 stop-scan", "60 connect 1"]);
});

test("a device that leaves while it is connected to is let go when the connection is there", () => {
  const { turns, say, news } = playedTurns({}, [1]);
  say(heard(1), { type: "leave", id: 1 });
  assert.deepEqual(news(), ["0 scan", "0 stop-scan", "0 connect 1"]);
  say(connected(1));
  assert.deepEqual(news(), ["0 release 1"]);
  say(released(1));
  assert.deepEqual([turns.occupied, turns.wanted], [0, 0]);
});

test("a device whose address nobody knows waits until it is heard", () => {
  const { clock, say, news } = playedTurns();
  say({ type: "join", id: 1, keep: true, known: false });
  clock.advanceSync(MINUTE);
  assert.deepEqual(news(), ["0 scan"]);
  say(heard(1));
  assert.deepEqual(news(), ["60 stop-scan", "60 connect 1"]);
});
