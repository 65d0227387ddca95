import assert from "node:assert/strict";
import { test } from "node:test";
import type { Peripheral, Session } from "../../../../adapters/ble/central/session-types.ts";
import { SmpPipe } from "../../../../adapters/ble/smp/smp-pipe.ts";
import { SmpTransfer } from "../../../../adapters/transfers/smp/transfer.ts";
import { orAborted } from "../../../../adapters/wires/deadline.ts";
import { DeviceError, SECOND } from "../../../../src/adapter.ts";
import { FakeClock, fakeRandom } from "../../../support/fake-clock.ts";
import { recordingLogger } from "../../../support/recording-logger.ts";
import { imageOf, mcubootImage, ScriptedSmp } from "../../../support/scripted-smp.ts";

const MTU = 120;
const BYTES = mcubootImage(Buffer.alloc(32, 2));

/** A session whose peripheral speaks SMP: what it notifies comes in pieces of a packet of the radio. */
class SmpSession implements Pick<Session, "use"> {
  readonly smp = new ScriptedSmp();
  readonly writes: number[] = [];
  connections = 0;
  held = 0;
  private life = new AbortController();

  async use<T>(_urgency: unknown, work: (peripheral: Peripheral) => Promise<T>): Promise<T> {
    this.connections++;
    this.held++;
    const life = new AbortController();
    this.life = life;
    let hear: (bytes: Uint8Array) => void = () => {};
    const channel = await this.smp.open((packet) => {
      for (let at = 0; at < packet.length; at += MTU - 3) hear(packet.subarray(at, at + MTU - 3));
    });
    const peripheral: Peripheral = {
      ...{ address: "f0:00:00:00:00:01", mtu: MTU, services: [], signal: life.signal },
      find: () => assert.fail("nobody asks"),
      read: () => assert.fail("nobody reads"),
      write: async (_ref, bytes, { response }) => {
        assert.equal(response, false);
        this.writes.push(bytes.length);
        await channel.send(bytes);
      },
      subscribe: async (_ref, listener) => {
        hear = listener;
      },
    };
    try {
      return await orAborted(work(peripheral), life.signal);
    } finally {
      this.held--;
    }
  }

  lose(): void {
    this.life.abort(new DeviceError("unreachable", "the connection was lost"));
  }
}

function aTransfer() {
  const session = new SmpSession();
  const clock = new FakeClock();
  const context = { clock, random: fakeRandom(), log: recordingLogger([]) };
  const options = { protocol: "smp", image: 0, window: 1, ackTimeout: 2 * SECOND, retries: 3 } as const;
  const pipe = new SmpPipe(session, { timeout: SECOND });
  const transfer = new SmpTransfer(pipe, { image: imageOf(BYTES), options }, context);
  const ended = async <T>(promise: Promise<T>): Promise<T> => {
    let isOver = false;
    const end = (): void => {
      isOver = true;
    };
    promise.then(end, end);
    for (let second = 0; !isOver && second < 60; second++) await clock.advance(SECOND);
    return promise;
  };
  const send = (): Promise<void> => ended(transfer.send(0, { onAcknowledged() {}, onCookie() {} }));
  return { session, transfer, ended, send };
}

test("an image arrives over one connection, which is held until the transfer is closed", async () => {
  const { session, transfer, ended, send } = aTransfer();
  assert.equal((await ended(transfer.probe())).version, "1.0.0");
  await send();
  assert.ok(session.smp.received.equals(BYTES));
  assert.deepEqual([session.connections, session.held], [1, 1]);
  assert.ok(Math.max(...session.writes) > MTU);
  await transfer.close();
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(session.held, 0);
});

test("a peripheral that does not say how much it takes gets packets of one write", async () => {
  const { session, send } = aTransfer();
  session.smp.parameters = undefined;
  await send();
  assert.ok(session.smp.received.equals(BYTES));
  assert.ok(session.writes.every((length) => length <= MTU - 3));
});

test("a connection that is lost in the middle is made again, and the image gone on with", async () => {
  const { session, send } = aTransfer();
  session.smp.twist = (_asked, count) => {
    if (count !== 8) return undefined;
    session.lose();
    return "lost";
  };
  await send();
  assert.ok(session.smp.received.equals(BYTES));
  assert.equal(session.connections, 2);
});
