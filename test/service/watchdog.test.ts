import assert from "node:assert/strict";
import test from "node:test";
import { MINUTE, SECOND } from "../../src/clock.ts";
import { type Pulse, Watchdog, watchdogLimit } from "../../src/service/watchdog.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { type LogLine, recordingLogger } from "../support/recording-logger.ts";

/** Moves, until it stands; then whoever asks waits until it goes on. */
class APart implements Pulse {
  readonly name: string;
  private stands = false;
  private waiting: (() => void)[] = [];

  constructor(name: string) {
    this.name = name;
  }

  moved(): Promise<void> {
    return new Promise((resolve) => (this.stands ? this.waiting.push(resolve) : resolve()));
  }

  stand(): void {
    this.stands = true;
  }

  goOn(): void {
    this.stands = false;
    for (const go of this.waiting.splice(0)) go();
  }
}

function aWatchdog() {
  const clock = new FakeClock();
  const lines: LogLine[] = [];
  const fed: number[] = [];
  const [store, schedule] = [new APart("the store"), new APart("the schedule")];
  const watchdog = new Watchdog({
    ...{ limit: MINUTE, pulses: [store, schedule], clock, log: recordingLogger(lines) },
    feed: () => fed.push(clock.monotonic() / SECOND),
  });
  watchdog.start();
  return { clock, lines, fed, store, schedule, watchdog };
}

test("it is fed at half of its time, while everything moves", async () => {
  const { clock, fed, lines } = aWatchdog();
  await clock.advance(2 * MINUTE);
  assert.deepEqual([fed, lines], [[0, 30, 60, 90, 120], []]);
});

test("one part that stands still is enough: it is not fed, and the log names the part before the end", async () => {
  const { clock, fed, lines, store } = aWatchdog();
  await clock.advance(40 * SECOND);
  store.stand();
  await clock.advance(10 * MINUTE);
  assert.deepEqual(fed, [0, 30]);
  assert.deepEqual(
    lines.map(({ level, fields, message }) => [level, fields, message]),
    [
      [
        "error",
        {},
        "the store stood still for 15 s: systemd kills the gateway in 15 s and starts it again, unless that changes",
      ],
    ],
  );
});

test("all that stand are named, and who goes on in time lets it be fed", async () => {
  const { clock, fed, lines, store, schedule } = aWatchdog();
  store.stand();
  schedule.stand();
  await clock.advance(50 * SECOND);
  assert.match(lines[0]?.message ?? "", /^the store and the schedule stood still/);
  store.goOn();
  await clock.advance(SECOND);
  assert.deepEqual(fed, [0]);
  schedule.goOn();
  await clock.advance(MINUTE);
  assert.deepEqual(fed, [0, 51, 81, 111]);
  assert.equal(lines[1]?.message, "the store and the schedule moved again: the watchdog is fed");
});

test("once stopped it feeds nobody", async () => {
  const { clock, fed, watchdog } = aWatchdog();
  watchdog.stop();
  await clock.advance(MINUTE);
  assert.deepEqual([fed, clock.next], [[0], undefined]);
});

test("its time is that of systemd, where it is meant for this process or for the launcher above it", () => {
  const ids = [100, 99];
  assert.equal(watchdogLimit({ WATCHDOG_USEC: "60000000", WATCHDOG_PID: "100" }, ids), MINUTE);
  assert.equal(watchdogLimit({ WATCHDOG_USEC: "60000000", WATCHDOG_PID: "99" }, ids), MINUTE);
  assert.equal(watchdogLimit({ WATCHDOG_USEC: "60000000" }, ids), MINUTE);
  assert.equal(watchdogLimit({ WATCHDOG_USEC: "60000000", WATCHDOG_PID: "1" }, ids), undefined);
  for (const usec of ["", "0", "soon", "-1"]) assert.equal(watchdogLimit({ WATCHDOG_USEC: usec }, ids), undefined);
});
